// Shows /api/openapi.json, and asks the API with the token of the address (#token=…), which stays in this page's memory.
'use strict';

const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
if (token) history.replaceState(null, '', location.pathname); // not in the history, nor in what is copied

const by = (id) => document.getElementById(id);

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function kind(schema) {
  if (!schema) return 'nothing';
  if (schema.$ref) return schema.$ref.split('/').pop();
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts) return parts.map(kind).join(' | ');
  if (schema.type === 'array') return `${schema.items ? kind(schema.items) : 'any'}[]`;
  return Array.isArray(schema.type) ? schema.type.join(' | ') : schema.type ?? 'any';
}

function table(head, rows) {
  const body = rows.map((row) => make('tr', {}, ...row.map((cell) => make('td', {}, cell))));
  return make('table', {}, make('tr', {}, ...head.map((text) => make('th', { textContent: text }))), ...body);
}

function code(text) {
  return make('code', { textContent: text });
}

function parameters(operation) {
  return (operation.parameters ?? []).map((one) => {
    const input = make('input', { name: one.name, autocomplete: 'off' });
    input.dataset.where = one.in;
    return [code(one.name), kind(one.schema), one.description ?? '', input];
  });
}

function operation(path, method, described) {
  const box = make('details');
  box.append(
    make('summary', {}, make('span', { className: 'method', textContent: method.toUpperCase() }), code(path),
      ` ${described.summary ?? ''}`),
    make('p', { textContent: described.description ?? '' }),
  );
  const form = make('form');
  const rows = parameters(described);
  if (rows.length) form.append(table(['Parameter', 'Type', 'Meaning', 'Value'], rows));
  const content = Object.entries(described.requestBody?.content ?? {})[0];
  let body;
  if (content) {
    body = make('textarea', { value: '{}' });
    form.append(make('p', {}, 'Body: ', code(kind(content[1].schema))), body);
  }
  const answer = make('pre', { className: 'hidden' });
  form.append(make('button', { textContent: 'Send' }), answer);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    answer.classList.remove('hidden');
    answer.textContent = await ask(path, method, form, body);
  });
  const responses = Object.entries(described.responses).map(([status, one]) => [
    code(status), Object.values(one.content ?? {}).map((media) => kind(media.schema)).join(' | '), one.description,
  ]);
  box.append(form, table(['Status', 'Type', 'Meaning'], responses));
  return box;
}

async function ask(path, method, form, body) {
  const query = new URLSearchParams();
  let target = path;
  for (const input of form.querySelectorAll('input[data-where]')) {
    if (input.dataset.where === 'path') {
      target = target.replace(`{${input.name}}`, encodeURIComponent(input.value));
    } else if (input.value) query.append(input.name, input.value);
  }
  const headers = { Authorization: `Bearer ${token}` };
  if (body) headers['Content-Type'] = 'application/json';
  try {
    const response = await fetch(query.size ? `${target}?${query}` : target,
      { method: method.toUpperCase(), headers, body: body?.value });
    const text = (await response.text()).slice(0, 200000);
    try {
      return `${response.status}\n${JSON.stringify(JSON.parse(text), null, 2)}`;
    } catch {
      return `${response.status}\n${text}`;
    }
  } catch (error) {
    return String(error);
  }
}

function schema(name, described) {
  const required = new Set(described.required ?? []);
  const rows = Object.entries(described.properties ?? {}).map(([field, one]) => [
    code(field), kind(one), `${one.description ?? ''}${required.has(field) ? '' : ' (may be left out)'}`,
  ]);
  return make('details', { id: name }, make('summary', {}, code(name), ` ${described.description ?? ''}`),
    table(['Field', 'Type', 'Meaning'], rows));
}

async function show() {
  const found = await (await fetch('/api/openapi.json')).json();
  by('about').textContent = `${found.info.description} Version ${found.info.version}.`;
  by('token-state').textContent = token
    ? 'This page has the token: requests can be sent from here.'
    : 'Without a token: open the address that `wireglass up` prints to send requests from here.';
  const operations = Object.entries(found.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => operation(path, method, described)));
  by('operations').replaceChildren(...operations);
  by('schemas').replaceChildren(...Object.entries(found.components.schemas).map(([name, one]) => schema(name, one)));
  by('find').addEventListener('input', () => {
    const wanted = by('find').value.toLowerCase();
    for (const box of document.querySelectorAll('details')) {
      box.classList.toggle('hidden', !box.textContent.toLowerCase().includes(wanted));
    }
  });
}

show().catch((error) => { by('operations').textContent = String(error); });
