import { describe, expect, it } from "vitest";
import { fileName } from "./fileName";

const named = (url: string, type: string) => fileName(url, type, 7, "response");

describe("the file of a body", () => {
  it("has the name that the server gave it", () => {
    expect(named("https://a.test/pictures/cat.png?size=2", "image/png")).toBe("cat.png");
    expect(named("https://a.test/Stra%C3%9Fe.pdf", "application/pdf")).toBe("Straße.pdf");
  });

  it("has an ending by its type where the name has none", () => {
    expect(named("https://a.test/users/12", "application/json")).toBe("12.json");
    expect(named("https://a.test/feed", "application/atom+xml")).toBe("feed.xml");
    expect(named("https://a.test/note", "text/plain")).toBe("note.txt");
    expect(named("https://a.test/blob", "application/octet-stream")).toBe("blob.bin");
    expect(named("https://a.test/blob", "")).toBe("blob.bin");
  });

  it("has the exchange's number where the address has no name, or none that can be read", () => {
    expect(named("https://a.test/", "text/html")).toBe("exchange-7-response.html");
    expect(named("https://a.test/%E0%A4%A", "text/html")).toBe("exchange-7-response.html");
    expect(named("nothing", "")).toBe("exchange-7-response.bin");
  });

  it("leads to no other folder", () => {
    expect(named("https://a.test/a%2F..%2F..%2Fetc%5Cpasswd", "")).toBe("a_.._.._etc_passwd.bin");
  });

  it("of a request is named by its number", () => {
    expect(fileName("https://a.test/upload.php", "application/json", 7, "request")).toBe("exchange-7-request.json");
  });
});
