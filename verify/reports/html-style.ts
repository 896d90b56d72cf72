/** The style sheet of the HTML report, for light and dark mode, narrow and wide screens, and print. */
const DARK = `--page: #12161c; --card: #1b2129; --text: #e6eaf0; --dim: #a3aebc;
  --line: #2e3743; --valid: #6fd79b; --violated: #ff8f86; --unknown: #f2c063; --valid-bg: #153323;
  --violated-bg: #431d1b; --unknown-bg: #3b2d10; --bar: #7fa3db; --band: #4a3a16; --link: #8ab4f8;`;
export const STYLE = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1c2430; --dim: #556070; --line: #dde2e9;
  --valid: #14713d; --violated: #b3261e; --unknown: #855700; --valid-bg: #e3f4ea; --violated-bg: #fbe6e4;
  --unknown-bg: #fbf0d9; --bar: #5b7fb5; --band: #f7e6b8; --link: #1a56b0; }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere; }
main { max-width: 76rem; margin: 0 auto; padding: 1.2rem 1rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 1.6rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0; } .inside h3 { font-size: .9rem; margin: .9rem 0 .2rem; }
p { margin: .3rem 0; } ul { margin: .2rem 0; padding-left: 1.2rem; } .dim { color: var(--dim); font-size: .9rem; }
a { color: var(--link); }
code, pre, .step, svg.proof { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; font-size: .86rem; }
pre, .scroll { overflow-x: auto; margin: .5rem 0; }
.banner { border-radius: .6rem; padding: .9rem 1.2rem; margin: 0 0 1rem; border-left: .4rem solid; }
.valid { color: var(--valid); } .violated { color: var(--violated); } .unknown { color: var(--unknown); }
.banner.valid { background: var(--valid-bg); } .banner.violated { background: var(--violated-bg); }
.banner.unknown { background: var(--unknown-bg); }
.banner p, .banner ul { color: var(--text); } .banner .dim { color: var(--text); opacity: .85; }
.banner a { color: inherit; } .broke { margin: .5rem 0; padding-left: 0; list-style: none; } .broke li { margin: .35rem 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.2rem;
  margin: 0 0 1rem; }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; }
caption { text-align: left; font-weight: 600; font-size: .9rem; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem; border-top: 1px solid var(--line); }
thead th { font-weight: 600; font-size: .85rem; color: var(--dim); border-top: 0; }
td.verdict { white-space: nowrap; font-weight: 600; } th.bar { width: 40%; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.faults td { overflow-wrap: break-word; } .faults td.verdict { white-space: normal; overflow-wrap: anywhere; min-width: 8rem; }
.share { height: .6rem; min-width: 2px; background: var(--bar); border-radius: .3rem; margin-top: .45rem; }
.latency { height: .7rem; min-width: 2px; margin-top: .4rem; border-radius: .2rem; background: linear-gradient(to right,
  var(--bar) var(--p50), color-mix(in srgb, var(--bar) 60%, var(--card)) var(--p50) var(--p95),
  color-mix(in srgb, var(--bar) 25%, var(--card)) var(--p95)); }
ol.witness { list-style: none; margin: .6rem 0 0; padding: 0; }
.step { display: grid; grid-template-columns: 5.5rem minmax(8rem, 1.2fr) minmax(6rem, .7fr) minmax(12rem, 2fr); gap: .2rem 1rem;
  padding: .35rem 0; border-top: 1px solid var(--line); }
.step .time { color: var(--dim); text-align: right; } .step.broken { color: var(--violated); }
article + article { margin-top: 1.4rem; padding-top: 1rem; border-top: 1px solid var(--line); }
article:target { outline: 2px solid var(--link); outline-offset: .5rem; border-radius: .3rem; }
svg.proof { display: block; } svg.proof text { fill: var(--text); font-size: 12px; }
svg.proof .lane { stroke: var(--line); stroke-width: 2; } svg.proof .name { font-weight: 600; }
svg.proof .cookie { fill: var(--dim); font-size: 11px; }
svg.proof rect { fill: color-mix(in srgb, var(--bar) 25%, var(--card)); stroke: var(--bar); }
svg.proof .broken rect { fill: var(--violated-bg); stroke: var(--violated); stroke-width: 2; }
svg.proof .broken text { fill: var(--violated); } svg.proof .broken .cookie { fill: var(--dim); }
svg.proof .arrow { fill: none; stroke: var(--violated); stroke-width: 1.5; stroke-dasharray: 5 4; }
svg.proof .head { fill: var(--violated); }
.guarantees { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
.guarantees details + details { border-top: 1px solid var(--line); }
.guarantees summary { display: grid; grid-template-columns: 9.5rem 11rem 1fr; gap: .2rem .8rem; padding: .45rem .9rem; cursor: pointer; }
.guarantees summary::before { content: none; } .guarantees .verdict { font-weight: 600; }
.guarantees summary:hover, .guarantees details[open] > summary { background: var(--page); }
.guarantees .inside { padding: .3rem 1rem 1rem; }
dl { display: flex; flex-wrap: wrap; gap: .1rem 1.4rem; margin: .2rem 0; } dl > div { display: flex; gap: .4rem; }
dt { color: var(--dim); } dd { margin: 0; font-variant-numeric: tabular-nums; }
.scripted { display: none; } .scripts .scripted { display: block; }
button, input, select { font: inherit; font-size: .9rem; color: var(--text); background: var(--card);
  border: 1px solid var(--dim); border-radius: .35rem; padding: .2rem .6rem; min-height: 2rem; max-width: 100%; }
button { cursor: pointer; } button:hover { background: var(--line); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
.tools { display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: center; margin: .3rem 0; }
.tools label { font-size: .85rem; color: var(--dim); } .buttons { display: flex; gap: .25rem; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .85rem; color: var(--dim); margin: .3rem 0; }
.legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: .15rem; margin-right: .35rem; }
#overview { display: block; width: 100%; height: 58px; border: 1px solid var(--line); cursor: crosshair; touch-action: none; }
#lanes { max-height: 26rem; overflow-y: auto; background: var(--card); border: 1px solid var(--line); border-top: 0; }
#sheet { position: relative; } #bars { position: sticky; top: 0; display: block; touch-action: pan-y; }
#facts:not(:empty) { background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .9rem; }
#facts dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); } #facts .long { grid-column: 1 / -1; } #facts dt { min-width: 5.5rem; }
.help summary { cursor: pointer; font-size: .9rem; } .note { color: var(--unknown); }
figure { margin: .6rem 0; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .5rem; }
figcaption { font-weight: 600; font-size: .9rem; }
#charts, #sides { display: grid; gap: .2rem; } figure { min-width: 0; overflow: hidden; }
.scripts #sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1rem; }
.u-legend { font-size: .85rem; text-align: left; background: none; border: 0; width: auto; }
.u-legend th, .u-legend td { border: 0; padding: .1rem .3rem; }
@media (max-width: 44rem) {
  main { padding: .7rem .7rem 3rem; } .banner { padding: .7rem .9rem; } h1 { font-size: 1.25rem; }
  .table thead { display: none; } .table tr { display: block; padding: .5rem .7rem; border-top: 1px solid var(--line); }
  .table tr:first-child { border-top: 0; }
  .table td, .table th { display: block; border: 0; padding: .1rem 0; } td.number { text-align: left; }
  td[data-head]::before { content: attr(data-head) " "; color: var(--dim); }
  .step { grid-template-columns: auto 1fr auto; gap: .2rem .7rem; } .step .came { grid-column: 1 / -1; }
  .guarantees summary { grid-template-columns: auto 1fr; } .guarantees .finding { grid-column: 1 / -1; }
  #lanes { max-height: 20rem; } .tools select { max-width: 9rem; }
}
@media print { :root { color-scheme: light; } body { background: #fff; } .card, table, figure, article { break-inside: avoid; }
  button, .tools, .help { display: none; } #lanes { max-height: none; } }
`;
