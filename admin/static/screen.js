// Beside the unchanged stock screen: our words for its own, our sentences for its errors, and nothing that a role may not do.
// `window.REGULARS` (names.js) holds the words; texts may have {0} for whatever stands there.
(() => {
  const R = { language: "zh", timezone: "Asia/Shanghai", tables: {}, columns: {}, texts: {}, read_only: [], ...window.REGULARS };
  const root = document.documentElement, site = document.title;
  const rights = {}; // table -> verbs of "rcud"
  let schema = {}, loggedIn = false, place = "", saidAt = 0, person = ""; // `schema`: of the table on the screen, as the server told
  // The language and the zone are the chain's, not the browser's.
  localStorage.setItem("piccoloAdminDefaultLanguage", R.language === "zh" ? "zh-cn" : "en");
  localStorage.setItem("defaultTimezone", R.timezone);

  // Words
  const exact = new Map(), patterns = [];
  for (const [english, local] of Object.entries(R.texts)) {
    if (english.includes("{0}")) {
      const escaped = english.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\d\}/g, "(.+)");
      patterns.push([new RegExp(`^${escaped}$`), local]);
    } else exact.set(english, local);
  }
  const byLength = Object.keys(R.tables).sort((one, other) => other.length - one.length);
  const tableOf = (readable) => R.tables[readable.toLowerCase().replaceAll(" ", "_")];
  const columnOf = (name, table) =>
    R.columns[table]?.[name] ?? schema.properties?.[name]?.title ?? exact.get(name) ?? R.tables[name] ?? name;

  function translate(text) {
    const plain = text.replace(/\s+/g, " ").trim();
    if (exact.has(plain)) return exact.get(plain);
    for (const [pattern, local] of patterns) {
      const found = plain.match(pattern);
      if (found) return local.replace(/\{(\d)\}/g, (_, n) => tableOf(found[+n + 1]) ?? columnOf(found[+n + 1]));
    }
    return text;
  }

  // Where we are: "#/member/12/" is row 12 of member, "#/forms/…/" a form.
  function route() {
    const [, table = "", row = ""] = location.hash.split("?")[0].split("/");
    return { table, row };
  }
  const may = (verb, { table } = route()) => (rights[table] ?? (R.read_only.includes(table) ? "r" : "rcud")).includes(verb);
  const onRow = ({ table, row } = route()) => table in R.tables && row !== "" && row !== "add";

  // "新增 points entry" -> "新增 积分流水"; what may only be read is not "edited".
  function heading(text) {
    const plain = text.trim();
    for (const table of byLength) {
      const readable = table.replaceAll("_", " ");
      if (plain === readable) return R.tables[table];
      if (plain.endsWith(` ${readable}`)) {
        return (onRow() && !may("u") ? "" : `${plain.slice(0, -readable.length).trim()} `) + R.tables[table] + (onRow() ? ` #${route().row}` : "");
      }
    }
    return translate(text);
  }

  const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: R.timezone, dateStyle: "short", timeStyle: "short" });
  const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;
  function instant(text) {
    const zoned = text.match(INSTANT)?.[3];
    return zoned ? clock.format(new Date(text)) : INSTANT.test(text) ? text.slice(0, 16).replace("T", " ") : text;
  }

  // What one text on the screen should be; cells hold data and keep it.
  function wanted(text, parent) {
    const plain = text.trim();
    if (!plain || parent.closest("script, style, textarea, .popup, #regulars_bar")) return text;
    if (parent.closest("td") && !parent.closest(".column_list")) {
      if (INSTANT.test(plain)) return instant(plain);
      return parent.matches("code") && plain === "NULL" ? "—" : text.replace(/^\+86(?=1\d{10}$)/, "");
    }
    if (parent.id === "user") return plain === "Unknown" ? "" : text;
    if (parent.closest('.sidebar a[href^="#/"]')) return tableOf(plain) ?? translate(text);
    if (parent.matches("h1")) return heading(text);
    if (parent.closest(".results_list")) return /^(All|None|Load more)$/.test(plain) ? translate(text) : text;
    if (parent.closest(".related_tables")) return related(plain, parent);
    if (parent.matches('select[name="column"] option, label[for^="csv_"]')) return columnOf(plain);
    return translate(text);
  }
  function related(plain, parent) {
    if (!parent.matches(".bold")) return translate(plain);
    if (parent.matches(".table")) return R.tables[plain] ?? plain;
    return columnOf(plain, parent.closest("a").getAttribute("href").match(/#\/([a-z_]+)/)?.[1]);
  }

  // The screen
  const ATTRIBUTES = ["placeholder", "title", "label"];
  function dressText(node) {
    const text = node.parentElement ? wanted(node.data, node.parentElement) : node.data;
    if (text !== node.data) node.data = text;
  }
  function dressAttribute(element, name) {
    const text = element.getAttribute(name) ?? "";
    const local = element.id === "user" ? text : translate(text);
    if (local !== text) element.setAttribute(name, local);
  }
  function dress(node) {
    if (node.nodeType === Node.TEXT_NODE) return dressText(node);
    if (node.nodeType !== Node.ELEMENT_NODE || node.id === "regulars_bar") return;
    if (node.matches("#message_popup:not(.error)")) hush();
    for (const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT); texts.nextNode();) dressText(texts.currentNode);
    for (const name of ATTRIBUTES) {
      for (const element of [node, ...node.querySelectorAll(`[${name}]`)]) dressAttribute(element, name);
    }
    if (route().table === "forms") node.querySelectorAll('input[name="form"]').forEach(giveKey);
  }

  // A form's own key, new each time it is shown: what is sent twice is done once.
  function giveKey(input) {
    const nibble = (digit) => digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)));
    input.value = "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => nibble(digit).toString(16));
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.parentElement.parentElement.hidden = true;
  }

  function settle() {
    const { table } = route();
    root.dataset.rights = table in R.tables ? ["c", "u", "d"].filter((verb) => may(verb)).join("") : "cud";
    root.dataset.page = onRow() ? "row" : table;
    const title = R.tables[table] ? `${R.tables[table]} · ${site}` : site;
    if (document.title !== title) document.title = title;
    if (location.hash === place) return;
    place = location.hash;
    const said = saidAt; // what has just been said may be why we are elsewhere
    setTimeout(() => said === saidAt && hush(), Date.now() - said > 1000 ? 0 : 6000);
    if (table === "forms") document.querySelectorAll('form input[name="form"]').forEach(giveKey);
  }

  new MutationObserver((changes) => {
    settle();
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(dress);
      else if (change.type === "attributes") dressAttribute(change.target, change.attributeName);
      else dressText(change.target);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributeFilter: ATTRIBUTES });

  // Figures stand under each other, and what cannot be changed looks like it.
  const typeOf = (name) => schema.properties?.[name]?.type ?? schema.properties?.[name]?.anyOf?.[0]?.type;
  const styles = document.head.appendChild(document.createElement("style"));
  function style() {
    const figures = (schema.extra?.visible_column_names ?? []).flatMap((name, index) => {
      const extra = schema.properties?.[name]?.extra;
      const figure = /^(integer|number)$/.test(typeOf(name)) && !extra?.foreign_key && !extra?.choices;
      return figure ? [`#app .table_wrapper :is(th, td):nth-child(${index + 2})`] : [];
    });
    const field = (name) => `html[data-page="row"] #app form > div > div:has([name="${name}"]) :is(input, select, textarea)`;
    const fixed = (schema.extra?.fixed ?? []).map(field);
    styles.textContent =
      `${figures.join() || "x-none"}{text-align:right;font-variant-numeric:tabular-nums}` +
      `${fixed.join() || "x-none"}{pointer-events:none;background:var(--wash);border-color:var(--line)}`;
  }

  // Sentences
  const CHANGED = "Changed password successfully. You will be redirected to log in with your new credentials.";
  function say(sentence, kind) {
    hush();
    [saidAt, root.dataset.said] = [Date.now(), kind];
    const make = (tag, settings) => Object.assign(document.createElement(tag), settings);
    const bar = make("div", { id: "regulars_bar", className: kind, role: kind === "error" ? "alert" : "status" });
    const close = make("button", { type: "button", textContent: "×", onclick: () => bar.remove() });
    bar.append(make("p", { textContent: sentence }), close);
    document.body.append(bar);
    if (kind !== "error") setTimeout(() => bar.remove(), 4000);
  }
  function hush() { document.getElementById("regulars_bar")?.remove(); delete root.dataset.said; }
  const ask = window.confirm.bind(window);
  window.confirm = (text) => ask(translate(String(text)));
  window.alert = (text) => Date.now() - saidAt > 1000 && say(translate(String(text)), "note");

  // What the server says
  async function heard(request, method, url) {
    const path = new URL(url, location.href).pathname, good = request.status < 400;
    if (good && method !== "GET") hush();
    loggedIn &&= !(path.endsWith("/change-password/") && request.responseURL.endsWith("/login/")); // it ends the log-in
    if (path.endsWith("/change-password/") && !loggedIn) return say(translate(CHANGED), "done");
    if (good && path.endsWith("/api/user/")) welcome(JSON.parse(request.responseText));
    const kept = path.match(/\/tables\/(grouped|([a-z_]+)\/schema)\/$/);
    if (good && !kept) return;
    const text = request.responseType === "blob" ? await request.response.text() : request.responseText;
    const answer = text.startsWith("{") ? JSON.parse(text) : {};
    if (!good) return refused(request.status, answer, path);
    if (kept[2]) style((schema = answer));
    else learn(answer);
  }

  const learn = ({ rights: told, pages = {}, exports = true }) =>
    Object.assign(rights, told) && Object.assign(root.dataset, { pages: JSON.stringify(pages), exports });
  // A row's own page has no menu that would tell the rights.
  async function welcome(user) {
    [loggedIn, person] = [true, user.user_id];
    const answer = await fetch("./api/tables/grouped/");
    if (answer.ok) learn(await answer.json());
    settle();
  }

  function refused(status, answer, path) {
    location.href = { password_is_temporary: "#/change-password/", second_factor_missing: "/account" }[answer.code] ?? location.href;
    // Nobody needs to be told that they have not logged in yet.
    const early = status === 401 && !loggedIn && !path.includes("/login/");
    if (status === 401) loggedIn = false;
    if (answer[R.language] && !early) say(answer[R.language], "error");
  }

  const open = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    this.addEventListener("load", () => heard(this, method.toUpperCase(), String(url)));
    open.call(this, method, url, ...rest);
    if (person) this.setRequestHeader("X-Regulars-Staff", person); // somebody else may have logged in since, in another tab
  };

  // A second click while the first is on its way does nothing; a row that may only be read is not sent.
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const reading = root.dataset.page === "row" && !may("u") && !form.closest("#overlay");
    if (reading || Date.now() - (sent.get(form) ?? 0) < 1500) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (!form.closest(".filter_wrapper")) {
      sent.set(form, Date.now());
      form.classList.add("sent");
      setTimeout(() => form.classList.remove("sent"), 1500);
    }
  }, true);

  // Exports: Excel reads the mark in front as UTF-8, and takes a cell that begins like a formula for text.
  function cell(name, value) {
    if (value === "null") return "";
    const word = Object.values(schema.properties?.[name]?.extra?.choices ?? {}).find((choice) => String(choice.value) === value);
    if (word) return word.display_name;
    if (typeOf(name) === "boolean") return translate(value === "true" ? "True" : "False");
    const safe = instant(value);
    return /^[=+\-@＝＋－＠\t\r\n]/.test(safe) && !/^[+-]?\d+(\.\d+)?$/.test(safe) ? `'${safe}` : safe;
  }
  function head(name) {
    if (name.endsWith("_readable")) return columnOf(name.slice(0, -"_readable".length));
    return schema.properties?.[name]?.extra?.foreign_key ? `${columnOf(name)} ${exact.get("id") ?? "id"}` : columnOf(name);
  }
  function sheet(text) {
    const end = text.indexOf("\n"), separator = /^[a-z_]+;/.test(text) ? ";" : ",";
    const names = text.slice(0, end).split(separator);
    let nth = 0;
    const rows = text.slice(end + 1).replace(/"((?:[^"]|"")*)"/g, (_, value) => `"${cell(names[nth++ % names.length], value)}"`);
    return `\ufeff${names.map(head).join(separator)}\r\n${rows}`;
  }
  window.Blob = new Proxy(Blob, {
    construct: (Stock, [parts, options]) =>
      new Stock(/^text\/csv/.test(options?.type) && typeof parts?.[0] === "string" ? [sheet(parts[0])] : parts, options),
  });
})();
