/** The whole style sheet of a report: colours that can be told apart in grey, and a dark variant. */
export const STYLE: string = `
:root{color-scheme:light dark;--ink:#1a1d21;--paper:#fff;--line:#c9ced6;--good:#17663a;--bad:#a8201a;--mark:#2f5da8}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--paper:#15181c;--line:#444b55;--good:#6fcf97;--bad:#ff8a80;--mark:#8ab4f8}}
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;margin:1.5rem auto;padding:0 1rem}
h1{font-size:1.35rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin-top:2rem;overflow-wrap:anywhere}h3{font-size:1rem}
.good{color:var(--good)}.bad{color:var(--bad)}
table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}
th,td{border-bottom:1px solid var(--line);padding:.3rem .7rem;text-align:left;overflow-wrap:anywhere}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.share{min-width:6rem}td.share svg{width:6rem}
.findings{border-left:3px solid var(--bad);padding:.4rem 1.6rem}
.charts,.samples{display:flex;flex-wrap:wrap;gap:1rem}
figure{margin:0;flex:1 1 20rem}figcaption{font-size:.85rem;opacity:.85}
.sample{flex:0 0 8rem}.sample img{width:8rem;image-rendering:pixelated;border:1px solid var(--line)}
svg{width:100%;height:auto}svg text{font-size:10px;fill:var(--ink)}
.axis,.ideal{fill:none;stroke:var(--line)}.ideal{stroke-dasharray:4 3}
.bar{fill:var(--mark)}.dots{fill:var(--mark);fill-opacity:.55}
`.trim();
