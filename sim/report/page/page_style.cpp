// The style of a page: light and dark as the reader's system is, A4 in print, one column on a phone.
#include "report/page/page_resources.h"

namespace berth {

std::string_view page_style() {
    return R"css(
:root{color-scheme:light dark;--text:#1b1b1b;--page:#fff;--soft:#f3f4f6;--line:#c9cdd3;--quiet:#555b63;--link:#0057a8;--good:#00633f;--bad:#a33d00;--mark:#fff1c2}
@media screen and (prefers-color-scheme:dark){:root{--text:#e8e8e8;--page:#15171a;--soft:#22262b;--line:#4a5058;--quiet:#b3b9c1;--link:#7fbfff;--good:#5fd6a4;--bad:#ff9f66;--mark:#4a3f12}
figure svg.drawing{filter:invert(.91) hue-rotate(180deg)}}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page)}
main{max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.25rem;margin-top:2.2rem;border-bottom:1px solid var(--line)}h3{font-size:1.05rem}
a{color:var(--link)}nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1rem;padding:0;list-style:none}
.answer{font-size:1.15rem;padding:.8rem 1rem;background:var(--soft);border-left:.4rem solid var(--link)}
.met{border-left-color:var(--good)}.missed{border-left-color:var(--bad)}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--quiet);padding:.2rem 0}
th,td{padding:.2rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;font-weight:normal}
thead th{font-weight:600;background:var(--soft);vertical-align:bottom}
tbody th{overflow-wrap:anywhere;min-width:9rem}td.n,th.n{text-align:right}td.n{white-space:nowrap}
tr.chosen th,tr.chosen td{font-weight:600}
tr.sel th,tr.sel td{background:var(--mark)}
abbr{text-decoration:underline dotted;text-underline-offset:.2em;cursor:help}
figure{margin:1rem 0;border:1px solid var(--line);padding:.5rem}
.stack{position:relative;max-width:1100px}
.stack svg{display:block;width:100%;height:auto}
.stack svg text{font-family:"DejaVu Sans",Verdana,sans-serif}
.stack svg.spots{position:absolute;inset:0;height:100%}
.spots rect{fill:transparent}.js .spots rect{cursor:pointer}
.spots rect:hover{fill:#0057a822}.spots rect.sel{fill:#0057a822;stroke:var(--link);stroke-width:4}
figcaption{color:var(--quiet);font-size:.95rem;margin-top:.3rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9rem;background:var(--soft)}
pre{overflow-x:auto;padding:.6rem}code{padding:.1rem .25rem;overflow-wrap:anywhere}
ol li,ul li{margin:.2rem 0}
dt{font-weight:600}dd{margin:0 0 .5rem 1rem}
summary{cursor:pointer;font-weight:600;padding:.3rem 0}
table button{all:unset;cursor:pointer}thead button{font-weight:600}
:focus-visible,table button:focus-visible{outline:3px solid var(--link);outline-offset:1px}
.filter{display:block;margin:.5rem 0}.filter input{font:inherit;padding:.2rem .4rem}
#selection{position:sticky;bottom:0;margin:0;padding:.5rem 1rem;background:var(--mark);border-top:1px solid var(--line);z-index:2}
#selection button{font:inherit;margin-left:.6rem}
@media screen and (max-width:700px){main{padding:.7rem}.stack{width:52rem}h1{font-size:1.35rem}.answer{font-size:1.05rem}}
@page{size:A4;margin:15mm}
@media print{body{font-size:10pt}nav,.filter,#selection{display:none}main{max-width:none;padding:0}figure,tr{break-inside:avoid}h2,h3,caption{break-after:avoid}.wide{overflow:visible}table{font-size:8pt}th,td{padding:.1rem .35rem}td.n,th.n{white-space:normal}pre{white-space:pre-wrap}a{color:inherit;text-decoration:none}}
)css";
}

}  // namespace berth
