import { expect, it } from "vitest";
import { quietened } from "./Preview";

const quiet = (text: string) => quietened(text, new DOMParser());

it("takes out of a page what no policy stops", () => {
  const text =
    '<!doctype html><link rel=preconnect href=//a><p style="color:red">x</p>' +
    "<template shadowrootmode=open><link></template><script>1</script>";
  expect(quiet(text)).toBe('<!doctype html><html><head></head><body><p style="color:red">x</p></body></html>');
});

it("lets links say where they lead, and lead nowhere", () => {
  const body = (text: string) => quiet(text).replace(/^.*<body>|<\/body>.*$/g, "");
  expect(body("<a href=http://a.test/x target=_top>x</a>")).toBe(
    '<a href="#" target="_top" title="http://a.test/x">x</a>',
  );
  expect(body('<a href="#part">x</a><a>y</a>')).toBe('<a href="#part">x</a><a>y</a>');
  expect(body('<svg><a xlink:href="//a"></a></svg>')).toContain('xlink:href="#"');
});
