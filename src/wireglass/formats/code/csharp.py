"""C#: System.Net.Http, .NET 6 and later."""

from __future__ import annotations

from wireglass.formats.code.literals import base64_of, quoted, utf16, value_text
from wireglass.formats.code.request import Language, Request

_OF_THE_CONTENT = frozenset(
    {
        "allow",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-location",
        "content-md5",
        "content-range",
        "content-type",
        "expires",
        "last-modified",
    }
)
"""System.Net.Http.Headers.HttpContentHeaders."""


def text(value: str) -> str:
    return quoted(value, utf16)


def _write(request: Request) -> str:
    content = ""
    if request.file:
        content = f"new ByteArrayContent(File.ReadAllBytes({text(request.file)}))"
    elif request.body and (body := request.text) is not None:
        content = f"new ByteArrayContent(Encoding.UTF8.GetBytes({text(body)}))"
    elif request.body:
        content = f"new ByteArrayContent(Convert.FromBase64String({text(base64_of(request.body))}))"
    elif any(name.lower() in _OF_THE_CONTENT for name, _ in request.headers):
        content = "new ByteArrayContent(Array.Empty<byte>())"
    lines = ["using System.Net;", "using System.Text;", ""]
    lines.append("using var handler = new HttpClientHandler { AutomaticDecompression = DecompressionMethods.All };")
    lines.append("using var client = new HttpClient(handler);")
    # Uri would resolve dots and undo escapes.
    lines.append("var asIs = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };")
    url = f"new Uri({text(request.url)}, asIs)"
    lines.append(f"using var request = new HttpRequestMessage(new HttpMethod({text(request.method)}), {url});")
    if content:
        lines.append(f"request.Content = {content};")
    for name, value in request.headers:
        at = "request.Content.Headers" if name.lower() in _OF_THE_CONTENT else "request.Headers"
        lines.append(f"{at}.TryAddWithoutValidation({text(name)}, {text(value_text(value))});")
    lines.append("using var response = await client.SendAsync(request);")
    lines.append("Console.WriteLine(await response.Content.ReadAsStringAsync());")
    return "\n".join(lines)


LANGUAGE = Language("csharp", "C# HttpClient", "csharp", _write, comment="// ")
