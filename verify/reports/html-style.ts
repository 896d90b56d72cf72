/** The style sheet of the HTML report, for light and dark mode, and narrow and wide screens. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1c2430; --dim: #5b6675; --line: #dde2e9;
  --valid: #14713d; --violated: #b3261e; --unknown: #8a5a00; --valid-bg: #e3f4ea; --violated-bg: #fbe6e4;
  --unknown-bg: #fbf0d9; --bar: #5b7fb5; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1b2129; --text: #e6eaf0; --dim: #9aa5b4;
  --line: #2e3743; --valid: #6fd79b; --violated: #ff8f86; --unknown: #f2c063; --valid-bg: #153323;
  --violated-bg: #431d1b; --unknown-bg: #3b2d10; --bar: #7fa3db; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .7rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .3rem 0; } .dim { color: var(--dim); font-size: .9rem; }
code, .step { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; font-size: .86rem; }
.banner { border-radius: .6rem; padding: 1rem 1.2rem; margin: 0 0 1rem; border-left: .4rem solid; }
.valid { color: var(--valid); } .violated { color: var(--violated); } .unknown { color: var(--unknown); }
.banner.valid { background: var(--valid-bg); } .banner.violated { background: var(--violated-bg); }
.banner.unknown { background: var(--unknown-bg); }
.banner p { color: var(--text); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.2rem;
  margin: 0 0 1rem; }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .8rem; border-top: 1px solid var(--line); }
thead th { font-weight: 600; font-size: .85rem; color: var(--dim); border-top: 0; }
td.verdict { white-space: nowrap; font-weight: 600; } th.bar { width: 40%; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.faults td { overflow-wrap: break-word; } .faults td.verdict { white-space: normal; overflow-wrap: anywhere; min-width: 8rem; }
.share { height: .6rem; min-width: 2px; background: var(--bar); border-radius: .3rem; }
ol.witness { list-style: none; margin: .8rem 0 0; padding: 0; }
.step { display: grid; grid-template-columns: 5.5rem minmax(8rem, 1.2fr) 6rem minmax(12rem, 2fr); gap: .2rem 1rem;
  padding: .45rem 0; border-top: 1px solid var(--line); }
.step .time { color: var(--dim); text-align: right; } .step.broken { color: var(--violated); }
.lane { grid-column: 2 / -1; height: .45rem; background: var(--line); border-radius: .25rem; }
.lane div { height: 100%; min-width: .3rem; background: var(--bar); border-radius: .25rem; }
.step.broken .lane div { background: var(--violated); }
article + article { margin-top: 1.4rem; }
.figures { display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; }
@media (max-width: 44rem) {
  main { padding: 1rem .75rem 3rem; }
  .table thead { display: none; } .table tr { display: block; padding: .5rem .7rem; border-top: 1px solid var(--line); }
  .table tr:first-child { border-top: 0; }
  .table td, .table th { display: block; border: 0; padding: .1rem 0; } td.number { text-align: left; }
  td[data-head]::before { content: attr(data-head) " "; color: var(--dim); }
  .step { grid-template-columns: auto 1fr auto; gap: .2rem .7rem; } .step .came { grid-column: 1 / -1; }
  .lane { grid-column: 1 / -1; }
}
@media print { body { background: #fff; } .card, table { break-inside: avoid; } }
`;
