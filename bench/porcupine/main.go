// Measures the time of Porcupine for histories of objects. Reads a file of JSON with one history per line, and writes
// one line of JSON for each: the verdict and the median processor time. It uses one core if GOMAXPROCS is 1.
package main

import (
	"bufio"
	"encoding/json"
	"hash/fnv"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/anishathalye/porcupine"
)

// The character after each value of a collection. A state is one string, as in Porcupine's own key-value model.
const end = "\x1f"

type op struct {
	// The time of the response; nil for an operation without a response.
	Return *int64   `json:"return"`
	Call   int64    `json:"call"`
	Action string   `json:"action"`
	Value  string   `json:"value"`
	Old    string   `json:"expected"`
	Saw    []string `json:"saw"`
	// The new state, if the operation sets a whole collection.
	State []string `json:"state"`
}

type history struct {
	Kind    string   `json:"kind"`
	Initial []string `json:"initial"`
	Runs    int      `json:"runs"`
	// Time after which Porcupine gives up, milliseconds.
	Limit   int    `json:"limit"`
	Objects [][]op `json:"objects"`
}

type input struct {
	object  int
	action  string
	value   string
	old     string
	unknown bool
}

type result struct {
	Verdict string  `json:"verdict"`
	Time    float64 `json:"time"`
}

func main() {
	file, err := os.Open(os.Args[1])
	check(err)
	lines := bufio.NewReaderSize(file, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			var h history
			check(json.Unmarshal(line, &h))
			check(out.Encode(timed(h)))
		}
		if err != nil {
			return
		}
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func timed(h history) result {
	model, operations := modelOf(h), operationsOf(h)
	verdict := porcupine.Unknown
	var times []float64
	for run := 0; run < h.Runs; run++ {
		begin := processorTime()
		verdict = porcupine.CheckOperationsTimeout(model, operations, time.Duration(h.Limit)*time.Millisecond)
		times = append(times, processorTime()-begin)
		if verdict == porcupine.Unknown {
			break
		}
	}
	sort.Float64s(times)
	names := map[porcupine.CheckResult]string{porcupine.Ok: "ok", porcupine.Illegal: "violated", porcupine.Unknown: "unknown"}
	return result{names[verdict], times[len(times)/2]}
}

// processorTime returns the processor time of all threads, milliseconds.
func processorTime() float64 {
	var used syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e6
}

func operationsOf(h history) []porcupine.Operation {
	var all []porcupine.Operation
	for object, ops := range h.Objects {
		for _, o := range ops {
			in := input{object, o.Action, o.Value, o.Old, o.Return == nil}
			out := ""
			switch {
			case o.Action == "read":
				out = stateOf(h.Kind, o.Saw)
			case o.Action == "set" && h.Kind != "register" && h.Kind != "counter":
				in.value = stateOf(h.Kind, o.State)
			case h.Kind == "set" || h.Kind == "list" || h.Kind == "bag":
				in.value += end
			}
			returned := int64(math.MaxInt64)
			if o.Return != nil {
				returned = *o.Return
			}
			all = append(all, porcupine.Operation{Input: in, Call: o.Call, Output: out, Return: returned})
		}
	}
	return all
}

func stateOf(kind string, values []string) string {
	switch kind {
	case "register":
		if len(values) == 0 {
			return ""
		}
		return values[0]
	case "counter":
		if len(values) == 0 {
			return "0"
		}
		return values[0]
	case "list":
		return joined(values)
	}
	sorted := append([]string(nil), values...)
	sort.Strings(sorted)
	state := ""
	for i, value := range sorted {
		if kind == "bag" || i == 0 || sorted[i-1] != value {
			state += value + end
		}
	}
	return state
}

func joined(values []string) string {
	state := ""
	for _, value := range values {
		state += value + end
	}
	return state
}

func modelOf(h history) porcupine.Model {
	steps := map[string]func(string, input) (bool, string){
		"register": register,
		"counter":  counter,
		"list":     collection(func(state, value string) string { return state + value }),
		"set": collection(func(state, value string) string {
			if index(state, value) >= 0 {
				return state
			}
			return inserted(state, value)
		}),
		"bag": collection(inserted),
	}
	step := steps[h.Kind]
	return porcupine.Model{
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			parts := make([][]porcupine.Operation, len(h.Objects))
			for _, o := range all {
				object := o.Input.(input).object
				parts[object] = append(parts[object], o)
			}
			return parts
		},
		Init: func() interface{} { return stateOf(h.Kind, h.Initial) },
		Step: func(state, in, out interface{}) (bool, interface{}) {
			i, s := in.(input), state.(string)
			if i.action == "read" {
				return i.unknown || out.(string) == s, s
			}
			ok, next := step(s, i)
			return ok, next
		},
		Hash: func(state interface{}) uint64 {
			h := fnv.New64a()
			h.Write([]byte(state.(string)))
			return h.Sum64()
		},
	}
}

func register(state string, i input) (bool, string) {
	switch i.action {
	case "clear":
		return true, ""
	case "cas":
		if state == "" || state != i.old {
			return i.unknown, state
		}
	}
	return true, i.value
}

func counter(state string, i input) (bool, string) {
	switch i.action {
	case "clear":
		return true, "0"
	case "set":
		return true, i.value
	}
	count, err := strconv.Atoi(state)
	check(err)
	by := 1
	if i.value != "" {
		by, err = strconv.Atoi(i.value)
		check(err)
	}
	return true, strconv.Itoa(count + by)
}

func collection(add func(state, value string) string) func(string, input) (bool, string) {
	return func(state string, i input) (bool, string) {
		switch i.action {
		case "clear":
			return true, ""
		case "set":
			return true, i.value
		case "remove":
			at := index(state, i.value)
			if at < 0 {
				return true, state
			}
			return true, state[:at] + state[at+len(i.value):]
		}
		return true, add(state, i.value)
	}
}

// index returns the position of a value in the string of a state; -1 if the state does not contain the value.
func index(state, value string) int {
	if strings.HasPrefix(state, value) {
		return 0
	}
	at := strings.Index(state, end+value)
	if at < 0 {
		return -1
	}
	return at + 1
}

func inserted(state, value string) string {
	at := 0
	for at < len(state) {
		next := at + strings.Index(state[at:], end) + 1
		if state[at:next] >= value {
			break
		}
		at = next
	}
	return state[:at] + value + state[at:]
}
