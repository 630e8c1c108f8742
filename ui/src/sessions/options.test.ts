import { describe, expect, it } from "vitest";
import { formOf, isValid, limitError, mediaTypesError, optionsOf } from "./options";

describe("session options in a form", () => {
  it("comes back as it was", () => {
    const options = {
      filter: "host:a.test",
      response_bodies: false,
      cookies: false,
      skip_bodies: ["image/*", "video/mp4"],
      retention: { age: 129_600, count: 500, size: 2_500_000 },
    };
    expect(optionsOf(formOf(options))).toEqual(options);
  });

  it("leaves out what has no limit", () => {
    expect(formOf({})).toMatchObject({ responseBodies: true, cookies: true, days: "", count: "", megabytes: "" });
    expect(optionsOf(formOf({})).retention).toEqual({ age: null, count: null, size: null });
  });

  it("says what is wrong", () => {
    expect(limitError("1.5", true)).toContain("whole number");
    expect(limitError("-1", false)).toContain("number");
    expect(mediaTypesError("image/*, jpeg")).toContain("jpeg is no media type");
    expect(isValid({ ...formOf({}), count: "many" })).toBe(false);
    expect(isValid({ ...formOf({}), days: "1.5" })).toBe(true);
  });
});
