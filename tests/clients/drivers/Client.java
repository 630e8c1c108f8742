import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.CookieHandler;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/** The plan by java.net.http.HttpClient ("client") or java.net.HttpURLConnection ("connection"). */
public class Client {
    record Answer(String name, int status, Map<String, List<String>> headers, byte[] body) {}

    interface Way {
        Answer ask(Map<String, Object> one) throws Exception;
    }

    public static void main(String[] words) throws Exception {
        Map<String, Object> plan = object(new Json(new String(System.in.readAllBytes(), StandardCharsets.UTF_8)).value());
        URI at = URI.create((String) plan.get("proxy"));
        InetSocketAddress proxy = new InetSocketAddress(at.getHost(), at.getPort());
        CookieManager cookies = new CookieManager(null, CookiePolicy.ACCEPT_ALL);
        Way way = words[0].equals("client") ? client(proxy, cookies) : connection(proxy, cookies);
        StringBuilder out = new StringBuilder();
        for (Object each : (List<?>) plan.get("cases")) {
            Map<String, Object> one = object(each);
            out.append(out.length() == 0 ? "[" : ",\n");
            try {
                write(out, way.ask(one));
            } catch (Exception error) {
                out.append("{\"name\":").append(quoted((String) one.get("name")));
                out.append(",\"error\":").append(quoted(error.toString())).append('}');
            }
        }
        System.out.write(out.append("]\n").toString().getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    static Way client(InetSocketAddress proxy, CookieManager cookies) {
        HttpClient client = HttpClient.newBuilder()
                .proxy(ProxySelector.of(proxy))
                .cookieHandler(cookies)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        return one -> {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create((String) one.get("url")))
                    .timeout(Duration.ofSeconds(30))
                    .expectContinue((Boolean) one.get("expect"));
            BodyPublisher body = BodyPublishers.noBody();
            if (one.get("send") != null) {
                Sending send = Sending.of(one);
                if (send.kind != null) request.header("Content-Type", send.kind);
                body = send.chunked
                        ? BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(send.body))
                        : BodyPublishers.ofByteArray(send.body);
            }
            for (List<String> pair : headers(one)) request.header(pair.get(0), pair.get(1));
            request.method((String) one.get("method"), body);
            HttpResponse<byte[]> got = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            return new Answer((String) one.get("name"), got.statusCode(), got.headers().map(), got.body());
        };
    }

    static Way connection(InetSocketAddress address, CookieManager cookies) {
        CookieHandler.setDefault(cookies);
        Proxy proxy = new Proxy(Proxy.Type.HTTP, address);
        return one -> {
            HttpURLConnection connection =
                    (HttpURLConnection) new URL((String) one.get("url")).openConnection(proxy);
            connection.setRequestMethod((String) one.get("method"));
            connection.setConnectTimeout(30_000);
            connection.setReadTimeout(30_000);
            for (List<String> pair : headers(one)) connection.addRequestProperty(pair.get(0), pair.get(1));
            if (one.get("send") != null) {
                Sending send = Sending.of(one);
                if (send.kind != null) connection.setRequestProperty("Content-Type", send.kind);
                if (send.chunked) connection.setChunkedStreamingMode(60_000);
                connection.setDoOutput(true);
                connection.getOutputStream().write(send.body);
                connection.getOutputStream().close();
            }
            int status = connection.getResponseCode();
            InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream();
            byte[] body = in == null ? new byte[0] : in.readAllBytes();
            Map<String, List<String>> headers = new LinkedHashMap<>(connection.getHeaderFields());
            headers.remove(null); // the status line
            return new Answer((String) one.get("name"), status, headers, body);
        };
    }

    record Sending(byte[] body, boolean chunked, String kind) {
        static Sending of(Map<String, Object> one) throws IOException {
            Map<String, Object> send = object(one.get("send"));
            byte[] body = new byte[((Long) send.get("size")).intValue()];
            for (int at = 0; at < body.length; at++) body[at] = (byte) (at ^ at >> 8);
            if (send.get("how").equals("gzip")) {
                ByteArrayOutputStream packed = new ByteArrayOutputStream();
                try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
                    out.write(body);
                }
                return new Sending(packed.toByteArray(), false, null);
            }
            if (!send.get("how").equals("multipart")) return new Sending(body, send.get("how").equals("chunked"), null);
            // The JDK has no multipart of its own.
            ByteArrayOutputStream form = new ByteArrayOutputStream();
            form.writeBytes(("--edge\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na value\r\n--edge\r\n"
                    + "Content-Disposition: form-data; name=\"file\"; filename=\"odd n\u00e4me.bin\"\r\n"
                    + "Content-Type: application/x-odd\r\n\r\n").getBytes(StandardCharsets.UTF_8));
            form.writeBytes(body);
            form.writeBytes("\r\n--edge--\r\n".getBytes(StandardCharsets.UTF_8));
            return new Sending(form.toByteArray(), false, "multipart/form-data; boundary=edge");
        }
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    static List<List<String>> headers(Map<String, Object> one) {
        return (List<List<String>>) one.get("headers");
    }

    static void write(StringBuilder out, Answer answer) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(answer.body);
        out.append("{\"name\":").append(quoted(answer.name)).append(",\"status\":").append(answer.status);
        out.append(",\"size\":").append(answer.body.length);
        out.append(",\"sha256\":").append(quoted(HexFormat.of().formatHex(digest))).append(",\"headers\":[");
        List<String> pairs = new ArrayList<>();
        answer.headers.forEach((name, values) ->
                values.forEach(value -> pairs.add("[" + quoted(name) + "," + quoted(value) + "]")));
        out.append(String.join(",", pairs)).append("]}");
    }

    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char each : text.toCharArray()) {
            boolean plain = each >= ' ' && each < 127 && each != '"' && each != '\\';
            out.append(plain ? String.valueOf(each) : String.format("\\u%04x", (int) each));
        }
        return out.append('"').toString();
    }

    /** As much of RFC 8259 as the plan needs; the JDK has no parser. */
    static class Json {
        private final String text;
        private int at;

        Json(String text) {
            this.text = text;
        }

        Object value() {
            switch (peek()) {
                case '{' -> {
                    Map<String, Object> object = new LinkedHashMap<>();
                    for (at++; peek() != '}'; ) {
                        String name = string();
                        expect(':');
                        object.put(name, value());
                        if (peek() == ',') at++;
                    }
                    at++;
                    return object;
                }
                case '[' -> {
                    List<Object> list = new ArrayList<>();
                    for (at++; peek() != ']'; ) {
                        list.add(value());
                        if (peek() == ',') at++;
                    }
                    at++;
                    return list;
                }
                case '"' -> {
                    return string();
                }
                default -> {
                    int from = at;
                    while (at < text.length() && ",]} \n\r\t".indexOf(text.charAt(at)) < 0) at++;
                    String word = text.substring(from, at);
                    return switch (word) {
                        case "true" -> Boolean.TRUE;
                        case "false" -> Boolean.FALSE;
                        case "null" -> null;
                        default -> Long.valueOf(word);
                    };
                }
            }
        }

        private String string() {
            expect('"');
            StringBuilder out = new StringBuilder();
            for (char each; (each = text.charAt(at++)) != '"'; ) {
                if (each == '\\') {
                    each = text.charAt(at++);
                    if (each == 'u') {
                        each = (char) Integer.parseInt(text.substring(at, at + 4), 16);
                        at += 4;
                    } else {
                        int place = "nrtbf".indexOf(each);
                        if (place >= 0) each = "\n\r\t\b\f".charAt(place);
                    }
                }
                out.append(each);
            }
            return out.toString();
        }

        private void expect(char wanted) {
            if (peek() != wanted) throw new IllegalArgumentException(wanted + " expected at " + at);
            at++;
        }

        private char peek() {
            while (Character.isWhitespace(text.charAt(at))) at++;
            return text.charAt(at);
        }
    }
}
