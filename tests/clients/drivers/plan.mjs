// The plan by `fetch`, as Node and browsers have it. Loaded by fetch.mjs, and by with_chromium.py into a page.

function pattern(size) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at++) bytes[at] = (at ^ (at >> 8)) & 255;
  return bytes;
}

function stream(size) {
  const bytes = pattern(size);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= size) return controller.close();
      controller.enqueue(bytes.subarray(at, at + 60000));
      at += 60000;
    },
  });
}

async function bodyOf({ size, how }) {
  if (how === 'chunked') return { body: stream(size), duplex: 'half' };
  if (how === 'length') return { body: pattern(size) };
  if (how === 'gzip') {
    const packed = new Blob([pattern(size)]).stream().pipeThrough(new CompressionStream('gzip'));
    return { body: await new Response(packed).arrayBuffer() };
  }
  const form = new FormData();
  form.append('text', 'a value');
  form.append('file', new File([pattern(size)], 'odd n\u00e4me.bin', { type: 'application/x-odd' }));
  return { body: form };
}

async function ask(one) {
  const response = await fetch(one.url, {
    method: one.method,
    headers: one.headers,
    cache: 'no-store',
    signal: AbortSignal.timeout(30000),
    ...(one.send ? await bodyOf(one.send) : {}),
  });
  const body = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  return {
    name: one.name,
    status: response.status,
    headers: [...response.headers],
    size: body.byteLength,
    sha256: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}

export async function run(cases) {
  const answers = [];
  for (const one of cases) {
    try {
      answers.push(await ask(one));
    } catch (error) {
      answers.push({ name: one.name, error: `${error}: ${error.cause ?? ''}` });
    }
  }
  return answers;
}
