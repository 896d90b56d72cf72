/**
 * The peer: Porcupine (https://github.com/anishathalye/porcupine), run on the same histories by a Go program that is
 * written into a temporary folder. Only where there is a Go toolchain; its module comes through Go's own client.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Interval } from '../verify/core/search/linearizability.ts';

const MODULE = 'github.com/anishathalye/porcupine@v1.3.1';

/** A history to time, and what came of it. */
export interface Timed {
  verdict: 'ok' | 'violated' | 'unknown';
  /** Median, milliseconds. */
  time: number;
}

export class Porcupine {
  readonly #folder: string;
  readonly #program: string;

  private constructor(folder: string, program: string) {
    this.#folder = folder;
    this.#program = program;
  }

  /** @returns undefined, with the reason on stderr, where it cannot be built */
  static build(): Porcupine | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'));
    const go = (...words: string[]): void => {
      execFileSync('go', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 });
    };
    try {
      writeFileSync(join(folder, 'main.go'), PROGRAM);
      go('mod', 'init', 'bench');
      go('get', MODULE);
      go('build', '-o', 'bench', '.');
      return new Porcupine(folder, join(folder, 'bench'));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      process.stderr.write(`Porcupine is left out: ${(error as Error).message.split('\n')[0]}\n`);
      return undefined;
    }
  }

  /** @param limit seconds after which it gives up with `unknown` */
  time(objects: readonly Interval[][], list: boolean, runs: number, limit: number): Timed {
    const file = join(this.#folder, 'history.json');
    writeFileSync(file, JSON.stringify({ list, runs, limit, objects: objects.map(of => of.map(written)) }));
    const out = execFileSync(this.#program, [file], {
      env: { ...process.env, GOMAXPROCS: '1' },
      encoding: 'utf8',
      maxBuffer: 1 << 20,
    });
    return JSON.parse(out) as Timed;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const written = ({ call, return: end, deed }: Interval) => ({
  call,
  return: end === Number.POSITIVE_INFINITY ? -1 : end,
  read: deed.action === 'read',
  value: deed.action === 'read' ? (deed.saw ?? []).join(' ') : deed.value,
});

/** A state is a text, as in the examples of Porcupine: the value, or the values of a list with spaces between. */
const PROGRAM = `package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

type op struct {
	Call   int64  \`json:"call"\`
	Return int64  \`json:"return"\`
	Read   bool   \`json:"read"\`
	Value  string \`json:"value"\`
}

type input struct {
	object int
	read   bool
	value  string
}

type history struct {
	List    bool   \`json:"list"\`
	Runs    int    \`json:"runs"\`
	Limit   int    \`json:"limit"\`
	Objects [][]op \`json:"objects"\`
}

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var h history
	if err := json.Unmarshal(data, &h); err != nil {
		panic(err)
	}
	model := porcupine.Model{
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			parts := make([][]porcupine.Operation, len(h.Objects))
			for _, o := range all {
				object := o.Input.(input).object
				parts[object] = append(parts[object], o)
			}
			return parts
		},
		Init: func() interface{} { return "" },
		Step: func(state, in, out interface{}) (bool, interface{}) {
			i := in.(input)
			s := state.(string)
			if i.read {
				return out.(string) == s, s
			}
			if h.List && s != "" {
				return true, s + " " + i.value
			}
			return true, i.value
		},
	}
	var all []porcupine.Operation
	for object, ops := range h.Objects {
		for _, o := range ops {
			returned := o.Return
			if returned < 0 {
				returned = math.MaxInt64
			}
			all = append(all, porcupine.Operation{
				Input: input{object, o.Read, o.Value}, Call: o.Call, Output: o.Value, Return: returned,
			})
		}
	}
	verdict := porcupine.Unknown
	var times []float64
	for run := 0; run < h.Runs; run++ {
		begin := time.Now()
		verdict = porcupine.CheckOperationsTimeout(model, all, time.Duration(h.Limit)*time.Second)
		times = append(times, float64(time.Since(begin).Nanoseconds())/1e6)
		if verdict == porcupine.Unknown {
			break
		}
	}
	sort.Float64s(times)
	name := map[porcupine.CheckResult]string{porcupine.Ok: "ok", porcupine.Illegal: "violated", porcupine.Unknown: "unknown"}[verdict]
	fmt.Printf("{\\"verdict\\":%q,\\"time\\":%f}\\n", name, times[len(times)/2])
}
`;
