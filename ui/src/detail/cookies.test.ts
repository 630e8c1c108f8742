import { describe, expect, it } from "vitest";
import { cookiesOf, parametersOf, setCookiesOf } from "./cookies";

describe("cookiesOf", () => {
  it("takes the pairs of all Cookie headers, in any letter case", () => {
    const headers = [
      ["cookie", "a=1; b=x=y"],
      ["Cookie", " c = 2 ;; flag"],
      ["Set-Cookie", "no=1"],
    ] as const;
    expect(cookiesOf(headers)).toEqual([
      { name: "a", value: "1" },
      { name: "b", value: "x=y" },
      { name: "c", value: "2" },
      { name: "flag", value: "" },
    ]);
  });
});

describe("setCookiesOf", () => {
  it("splits attributes as browsers do", () => {
    expect(setCookiesOf([["SET-COOKIE", 'id="a b"; Path=/; Secure; Expires=Wed, 21 Oct 2027 07:28:00 GMT;']])).toEqual([
      {
        name: "id",
        value: '"a b"',
        attributes: [
          { name: "Path", value: "/" },
          { name: "Secure", value: "" },
          { name: "Expires", value: "Wed, 21 Oct 2027 07:28:00 GMT" },
        ],
      },
    ]);
  });
});

describe("parametersOf", () => {
  it("decodes, keeps repeated ones, and knows what is no URL", () => {
    expect(parametersOf("http://a.test/?q=a%20b+c&q=&%ff")).toEqual([
      { name: "q", value: "a b c" },
      { name: "q", value: "" },
      { name: "\ufffd", value: "" },
    ]);
    expect(parametersOf("a.test:443")).toEqual([]);
  });
});
