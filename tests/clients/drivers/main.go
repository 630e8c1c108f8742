// The plan by Go's net/http.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"os"
	"time"
)

type send struct {
	Size int
	How  string
}

type asked struct {
	Name, Method, URL string
	Headers, Trailers [][2]string
	Send              *send
	Expect            bool
}

type plan struct {
	Proxy, CA string
	Cases     []asked
}

type answer struct {
	Name    string      `json:"name"`
	Status  int         `json:"status,omitempty"`
	Headers [][2]string `json:"headers"`
	Size    int         `json:"size"`
	SHA256  string      `json:"sha256,omitempty"`
	Error   string      `json:"error,omitempty"`
}

func pattern(size int) []byte {
	body := make([]byte, size)
	for at := range body {
		body[at] = byte(at ^ at>>8)
	}
	return body
}

// ofUnknownLength hides from net/http what it could learn a length from.
type ofUnknownLength struct{ io.Reader }

func body(s *send) (io.Reader, string, error) {
	switch {
	case s == nil:
		return nil, "", nil
	case s.How == "chunked":
		return ofUnknownLength{bytes.NewReader(pattern(s.Size))}, "", nil
	case s.How == "length":
		return bytes.NewReader(pattern(s.Size)), "", nil
	case s.How == "gzip":
		var packed bytes.Buffer
		writer := gzip.NewWriter(&packed)
		if _, err := writer.Write(pattern(s.Size)); err != nil {
			return nil, "", err
		}
		return &packed, "", writer.Close()
	}
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	if err := writer.WriteField("text", "a value"); err != nil {
		return nil, "", err
	}
	part, err := writer.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="odd näme.bin"`},
		"Content-Type":        {"application/x-odd"},
	})
	if err != nil {
		return nil, "", err
	}
	if _, err := part.Write(pattern(s.Size)); err != nil {
		return nil, "", err
	}
	return &form, writer.FormDataContentType(), writer.Close()
}

func latin1(text string) string {
	bytes := make([]byte, 0, len(text))
	for _, char := range text {
		bytes = append(bytes, byte(char))
	}
	return string(bytes)
}

func ask(client *http.Client, one asked) answer {
	got, err := try(client, one)
	if err != nil {
		return answer{Name: one.Name, Error: err.Error()}
	}
	return got
}

func try(client *http.Client, one asked) (answer, error) {
	content, kind, err := body(one.Send)
	if err != nil {
		return answer{}, err
	}
	request, err := http.NewRequest(one.Method, one.URL, content)
	if err != nil {
		return answer{}, err
	}
	for _, pair := range one.Headers {
		request.Header[pair[0]] = append(request.Header[pair[0]], latin1(pair[1]))
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	if one.Expect {
		request.Header.Set("Expect", "100-continue")
	}
	for _, pair := range one.Trailers {
		if request.Trailer == nil {
			request.Trailer = http.Header{}
		}
		request.Trailer.Set(pair[0], pair[1])
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	headers := [][2]string{}
	for name, values := range response.Header {
		for _, value := range values {
			headers = append(headers, [2]string{name, value})
		}
	}
	return answer{Name: one.Name, Status: response.StatusCode, Headers: headers, Size: len(data),
		SHA256: fmt.Sprintf("%x", sha256.Sum256(data))}, nil
}

func main() {
	var todo plan
	if err := json.NewDecoder(os.Stdin).Decode(&todo); err != nil {
		panic(err)
	}
	certificate, err := os.ReadFile(todo.CA)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(certificate) {
		panic("no certificate in " + todo.CA)
	}
	proxy, err := url.Parse(todo.Proxy)
	if err != nil {
		panic(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err)
	}
	client := &http.Client{
		Jar:     jar,
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			Proxy:                 http.ProxyURL(proxy),
			TLSClientConfig:       &tls.Config{RootCAs: roots},
			ForceAttemptHTTP2:     true, // as the default transport does
			ExpectContinueTimeout: 20 * time.Second,
		},
	}
	answers := []answer{}
	for _, one := range todo.Cases {
		answers = append(answers, ask(client, one))
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
