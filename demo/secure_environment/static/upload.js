// Sends each chosen file in parts, shows how far it is, and goes on where it stopped. Without it the form sends the
// files itself, in one piece.
"use strict";

(() => {
  const field = document.getElementById("uploads");
  if (!field || !window.fetch || !window.ReadableStream) return;
  const form = field.closest("form");
  const says = field.dataset;
  const json = { Accept: "application/json" };
  const running = new Set();
  let waiting = null;

  const words = (size) =>
    new Intl.NumberFormat(document.documentElement.lang, {
      style: "unit",
      unit: size < 1e9 ? "megabyte" : "gigabyte",
      maximumFractionDigits: 1,
    }).format(size / (size < 1e9 ? 1e6 : 1e9));

  const pause = (seconds) => new Promise((go) => setTimeout(go, seconds * 1000));

  async function sha256(part) {
    if (!window.crypto || !crypto.subtle) return ""; // only where the page itself is secure
    const digest = await crypto.subtle.digest("SHA-256", await part.arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // by which this browser finds a file again that it began to send; a name may tell of a person, so it is not kept
  const key = (file) => sha256(new Blob([[says.address, file.name, file.size, file.lastModified].join("|")]));

  // the answer of the server as soon as there is one; a broken connection and a server that restarts are waited for
  async function ask(address, options, say) {
    for (let tries = 0; ; tries++) {
      try {
        const answer = await fetch(address, { ...options, headers: { ...json, ...options.headers } });
        if (answer.status === 401) say(says.signedOut);
        else if (answer.status < 500) return answer;
        else say(says.broken);
      } catch {
        say(says.broken);
      }
      await pause(Math.min(2 ** tries, 15));
    }
  }

  async function begin(file, say) {
    const known = localStorage.getItem("upload-" + (await key(file)));
    if (known) {
      const answer = await ask(says.address + "/" + known, {}, say);
      if (answer.ok) return await answer.json();
    }
    const body = JSON.stringify({ name: file.name, type: file.type, size: file.size });
    const made = await ask(says.address, { method: "POST", body, headers: { "Content-Type": "application/json" } }, say);
    if (!made.ok) throw new Error("refused");
    const stand = await made.json();
    const kept = await key(file);
    if (kept) localStorage.setItem("upload-" + kept, stand.id);
    return stand;
  }

  async function send(file, say, show) {
    const stand = await begin(file, say);
    const address = says.address + "/" + stand.id;
    let offset = stand.offset;
    while (offset < file.size) {
      show(offset, file.size);
      const part = file.slice(offset, offset + stand.part);
      const headers = { "X-SHA256": await sha256(part), "Content-Type": "application/octet-stream" };
      const answer = await ask(address + "?offset=" + offset, { method: "PUT", body: part, headers }, say);
      if (!answer.ok) throw new Error("refused");
      offset = (await answer.json()).offset;
    }
    show(file.size, file.size);
    if (!stand.sha256) {
      say(says.checking);
      const done = await ask(address + "/complete", { method: "POST" }, say);
      if (!done.ok) throw new Error("refused");
    }
    return stand.id;
  }

  async function take(row, input) {
    const file = input.files[0];
    const status = row.querySelector("[role=status]");
    const say = (text) => { if (status.textContent !== text) status.textContent = text; };
    if (file.size > Number(says.limit)) {
      input.value = "";
      return say(says.large);
    }
    const bar = document.createElement("progress");
    bar.max = file.size || 1;
    status.before(bar);
    let tenth = -1;
    const show = (done, size) => {
      bar.value = done;
      const percent = size ? Math.floor((100 * done) / size) : 100;
      if (Math.floor(percent / 10) === tenth) return; // a screen reader hears each tenth
      tenth = Math.floor(percent / 10);
      say(says.sending.replace("{percent}", percent + " %").replace("{size}", words(size)));
    };
    running.add(row);
    input.disabled = true; // the form must not send it a second time
    try {
      const id = await send(file, say, show);
      localStorage.removeItem("upload-" + (await key(file)));
      row.querySelector("input[name^=label-]").name = "named-" + id;
      say(says.done);
    } catch {
      localStorage.removeItem("upload-" + (await key(file)));
      input.value = "";
      input.disabled = false;
      bar.remove();
      say(says.failed);
    }
    running.delete(row);
    if (!running.size && waiting) form.requestSubmit(waiting);
  }

  for (const row of field.querySelectorAll("[data-row]")) {
    const input = row.querySelector("input[type=file]");
    input.addEventListener("change", () => { if (input.files.length) take(row, input); });
  }

  // who goes on while a file is on its way goes on when it has arrived
  form.addEventListener("submit", (event) => {
    if (!running.size) return;
    event.preventDefault();
    waiting = event.submitter;
  });
})();
