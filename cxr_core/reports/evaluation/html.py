"""A report as one HTML file that needs no network and prints well."""

from html import escape

import pandas as pd

from cxr_core.labels import NOTICE
from cxr_core.reports.evaluation.claim import SECTIONS, Block, Report
from cxr_core.reports.evaluation.drawing import Drawing, svg

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 Helvetica, Arial, sans-serif; color: #1b2733; background: #fff; margin: 0 auto; max-width: 62rem;
  padding: 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .3rem;
  border-bottom: 2px solid #00629b; } h3 { font-size: 1rem; margin: 1.1rem 0 .2rem; }
h3 span { color: #00629b; margin-right: .5em; } p { margin: .3rem 0; }
.lead { background: #f2f5f7; padding: .8rem 1rem; border-left: 4px solid #00629b; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .82rem; margin: .5rem 0; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #d5dbe0; }
td { overflow-wrap: anywhere; } th { background: #f2f5f7; }
figure { display: inline-block; width: min(24rem, 100%); margin: .4rem .4rem .4rem 0; break-inside: avoid; }
footer { margin-top: 2rem; font-size: .8rem; color: #55616c; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } h2, h3 { break-after: avoid; }
  tr, figure { break-inside: avoid; } figure { width: 48%; } @page { size: A4; margin: 16mm; } }
"""


def to_html(report: Report) -> str:
    """The HTML document. All text is escaped; there is no script in it."""
    parts = [f"<h1>{escape(report.title)}</h1>", '<div class="lead">', *map(_block, report.lead), "</div>"]
    for item in report.items:
        if item.number in SECTIONS:
            parts.append(f"<h2>{escape(SECTIONS[item.number])}</h2>")
        parts.append(f'<h3 id="item-{item.number}"><span>{item.number}</span>{escape(item.title)}</h3>')
        parts += map(_block, item.blocks)
    parts.append(
        f"<footer><p>{escape(NOTICE)}</p><p>Item numbers are those of the CLAIM checklist, 2024 update (Tejani et al., "
        "Radiology: Artificial Intelligence 2024; 6:e240300).</p></footer>"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(report.title)}: evaluation</title><style>{STYLE}</style></head>\n<body>"
        + "\n".join(parts)
        + "</body></html>\n"
    )


def _block(block: Block) -> str:
    if isinstance(block, Drawing):
        return f"<figure>{svg(block)}</figure>"
    if isinstance(block, pd.DataFrame):
        block = block.loc[:, (block.astype(str) != "").any()]
        head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in block)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>"
            for row in block.itertuples(index=False)
        )
        return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    return f"<p>{escape(block)}</p>"
