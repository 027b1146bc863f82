"""The styles of the Diagnose page: full width, and dark as in a reading room, whatever the theme of the other pages.

A Streamlit theme applies to the whole app, so the colours of the light theme are overridden here. The styles are part
of the page and disappear with it.
"""

import streamlit as st

LAYOUT = """
[data-testid="stMainBlockContainer"] { padding: 4.1rem clamp(0.7rem, 2vw, 2.5rem) 1rem; }
[data-testid="stMainBlockContainer"] h1 { padding: 0; font-size: 1.6rem; }
.verdict { display: flex; align-items: center; gap: 1.1rem; padding: 0.5rem 1.1rem; border-radius: 0.5rem;
  background: #0b0f14; color: #d7dee6; border-left: 0.6rem solid currentColor; min-height: 5.4rem; }
.verdict .sign { flex: none; font-size: 3.4rem; line-height: 1; width: 3.8rem; text-align: center; }
.verdict .result { display: flex; flex-direction: column; flex: 1; min-width: 0; }
.verdict .word { font-size: clamp(2rem, 4.6vw, 3.6rem); font-weight: 700; line-height: 1.05; }
.verdict .words { color: #d7dee6; font-size: 1.05rem; }
.verdict .about { color: #b4bfca; font-size: 0.95rem; overflow-wrap: anywhere; }
.verdict .warning { color: #ffd08a; font-size: 0.95rem; font-weight: 600; }
.verdict .number { font-size: clamp(2rem, 4.6vw, 3.6rem); font-weight: 700; line-height: 1; text-align: right;
  font-variant-numeric: tabular-nums; }
.verdict .number small { display: block; font-size: 0.85rem; font-weight: 400; color: #a9b5c1; }
.verdict.pneumonia { color: #ffa64d; }
.verdict.normal { color: #6cc4ff; }
.verdict.uncertain { color: #f2e27a; }
.verdict.not_assessable, .verdict.hidden { color: #b4bfca; }
.stApp [data-stale="true"] { opacity: 1 !important; transition: none !important; } /* no flicker from film to film */
[data-testid="stMainBlockContainer"] > div > [data-testid="stVerticalBlock"],
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.5rem; }
.st-key-ahead, .st-key-first_film:not(:has([data-on-screen])) { display: none; }
.cxr-first :is(.st-key-status, .st-key-dropping [data-testid="stExpanderDetails"]) { display: none; }
.cxr-first .st-key-dropping details { height: auto !important; } /* at once, not animated */
.cxr-stepping :is(.st-key-about_film, .st-key-exports) { visibility: hidden; }
.st-key-heading h1 { line-height: 2.5rem; }
[data-testid="stFileUploaderDropzone"] { min-height: 7rem; align-items: center; }
[data-testid="stFileChipDeleteBtn"] button { min-width: 1.5rem; min-height: 1.5rem; }
.facts { display: grid; grid-template-columns: auto 1fr; gap: 0.15rem 0.9rem; font-size: 0.9rem; margin: 0; }
.facts dt { opacity: 0.75; } .facts dd { margin: 0; overflow-wrap: anywhere; }
.refused { margin: 0; padding-left: 1.1rem; font-size: 0.9rem; } .refused li { overflow-wrap: anywhere; }
@media (min-width: 1000px) and (max-height: 900px) { /* room for a film of 600 pixels */
  [data-testid="stMainBlockContainer"] { padding-top: 4rem; }
  .verdict { min-height: 4.4rem; padding: 0.2rem 1.1rem; } .verdict .sign { font-size: 2.4rem; }
  .verdict :is(.word, .number) { font-size: 2.2rem; }
}
@media (max-width: 640px) {
  .verdict { gap: 0.2rem 0.6rem; padding: 0.4rem 0.6rem; flex-wrap: wrap; }
  .verdict .sign { font-size: 2.2rem; width: 2.4rem; }
  .verdict .number { flex-basis: 100%; display: flex; align-items: center; gap: 0.6rem; text-align: left; }
}
@media (min-width: 900px) { .st-key-answer { flex-wrap: nowrap; } }
"""

# Near-black behind films, text colours of the dark theme; every contrast is at least 7 to 1.
DARK = """
:root { color-scheme: dark; }
.stApp, [data-testid="stHeader"], [data-testid="stAppViewContainer"] { background: #05080b !important; }
.stApp, .stApp :is(h1, h2, h3, p, li, label, summary, legend, small, dt, dd, ul, td, th),
.stApp :is([data-testid="stCaptionContainer"], [data-testid="stMarkdownContainer"], [data-testid="stMetricValue"],
  [data-testid="stHeader"] *, [data-testid="stFileUploaderFileName"]) { color: #e6ebf0; }
:is(.stApp, [data-testid="stPopoverBody"]) :is([data-testid="stCaptionContainer"],
  [data-testid="stCaptionContainer"] *) { color: #b4bfca; opacity: 1; }
.stApp :is(button[data-variant="secondary"], button[data-variant="pills"], button[data-variant="segmented_control"],
  [data-testid="stBaseButton-secondary"], [data-testid="stPopoverButton"], [data-testid="stFileUploaderDropzone"],
  [data-baseweb="select"] > div, [data-baseweb="input"], [data-baseweb="textarea"], [data-baseweb="base-input"]),
[data-testid="stPopoverBody"] button:is([data-variant="secondary"], [data-variant="segmented_control"],
  [data-testid="stBaseButton-secondary"]), .stApp [data-testid="stFileChip"] {
  background: #19212a; color: #e6ebf0; border-color: #46535f; }
:is(.stApp, [data-testid="stPopoverBody"]) button:is([aria-pressed="true"], [aria-checked="true"]) {
  background: #17384f !important; border-color: #6cc4ff !important; }
.stApp :is([data-baseweb="select"], [data-baseweb="input"], [data-baseweb="textarea"]) :is(div, input, textarea) {
  color: #e6ebf0; -webkit-text-fill-color: #e6ebf0; background-color: transparent; }
.stApp :is([data-testid="stExpander"] details, [data-testid="stVerticalBlockBorderWrapper"]) { border-color: #2a343e; }
.stApp [data-testid="stExpander"] summary { background: #11161c !important; }
.stApp [data-testid="stExpander"] summary:hover, .stApp [data-testid="stExpander"] summary:hover * { color: #6cc4ff; }
.stApp :is([data-testid="stTextInput"], [data-testid="stNumberInput"]) :is(div, input, button):not(label *) {
  background: #19212a; color: #e6ebf0; border-color: #46535f; }
.stApp [data-testid="stExpander"] :is([data-testid="stDateInput"],
  [data-testid="stMultiSelect"]) :is(div, input):not(label *),
:is(.stApp, [data-testid="stPopoverBody"]) [data-testid="stSelectbox"] :is(div, input, svg):not(label *) {
  background-color: #19212a; color: #e6ebf0; border-color: #46535f; }
.stApp :is([data-testid="stDateInput"], [data-testid="stMultiSelect"]) * { color: #e6ebf0; }
.stApp [data-testid="stTextInput"] input::placeholder { color: #a9b5c1; }
.stApp [data-testid="stAlertContainer"] { background: #14202b; }
.stApp [data-testid="stAlertContainer"] * { color: #e6ebf0; }
.stApp [data-testid="stFileUploaderDropzone"] :is(span, small, div) { color: #c3cdd7; }
.stApp button:disabled, .stApp button:disabled * { color: #6b7885; }
[data-testid="stPopoverBody"] { background: #11161c !important; border: 1px solid #46535f; }
[data-testid="stPopoverBody"] :is(p, label, small, div, span) { color: #e6ebf0; }
[data-testid="stPopoverBody"] button * { background-color: transparent; }
[data-testid="stTooltipIcon"] svg { stroke: #b4bfca !important; }
[data-testid="stPopoverBody"] [data-testid="stCheckbox"] label > div:first-of-type { outline: 1px solid #7f8d9a; }
.stApp a { color: #7cc7f5; }
.stApp [data-testid="stFileChipDeleteBtn"] :is(button, svg, span) { color: #e6ebf0; fill: currentColor; }
.stApp [data-testid="stFileChip"] * { color: #e6ebf0; }
:is([role="listbox"], [data-testid="stSelectboxVirtualDropdown"]) { background: #19212a !important; }
[role="listbox"] [role="option"] { color: #e6ebf0 !important; background: transparent; }
[role="listbox"] [role="option"]:is(:hover, [aria-selected="true"]) { background: #17384f !important; }
[data-testid="stToast"] { background: #19212a !important; border: 1px solid #46535f; }
[data-testid="stToast"] * { color: #e6ebf0 !important; }
[data-testid="stTooltipContent"], [role="tooltip"] { background: #19212a !important; color: #e6ebf0 !important; }
[data-testid="stTooltipContent"] * { color: #e6ebf0 !important; }
"""


def styles() -> str:
    """The page's style sheet, for the theme that the browser shows."""
    return f"<style>{LAYOUT}{DARK if st.context.theme.type != 'dark' else ''}</style>"
