// The page that gives the widget's code: the preview follows the choices, and so does the code.
(() => {
  "use strict";
  const form = document.getElementById("chosen");
  const sample = document.getElementById("sample");
  const said = document.getElementById("said");
  const home = new URL(".", location.href).href;
  const first = form.elements.color.value;

  const signs = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
  const quoted = (text) => '"' + text.replace(/[&<>"']/g, (sign) => signs[sign]) + '"';

  function chosen() {
    const values = Object.fromEntries(new FormData(form));
    values.heading = values.heading.trim();
    if (values.color === first) values.color = "";
    if (values.position === "inline") Object.assign(values, { mode: "inline", position: "" });
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value));
  }

  function update() {
    const values = chosen();
    for (const name of ["heading", "color", "theme", "position", "lang", "mode"]) {
      if (!values[name]) sample.removeAttribute(name);
      else if (sample.getAttribute(name) !== values[name]) sample.setAttribute(name, values[name]);
    }
    const { file, integrity, height, heading } = form.dataset;
    const settings = Object.entries(values).map(([name, value]) => " data-" + name + "=" + quoted(value));
    document.getElementById("script").value =
      "<script src=" + quoted(home + file) + " integrity=" + quoted(integrity) + ' crossorigin="anonymous" defer' +
      settings.join("") + "></" + "script>";
    const wanted = new URLSearchParams(values);
    ["mode", "position"].forEach((name) => wanted.delete(name));
    const query = wanted.size ? "?" + wanted : "";
    document.getElementById("frame").value =
      "<iframe src=" + quoted(home + "embed" + query) + " title=" + quoted(values.heading || heading) +
      ' width="100%" height=' + quoted(height) + ' loading="lazy"></iframe>';
  }

  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", async (event) => {
    const source = document.getElementById(event.target.dataset?.copies);
    if (!source) return;
    try {
      await navigator.clipboard.writeText(source.value);
      said.textContent = said.dataset.copied;
    } catch {
      source.select();
      said.textContent = said.dataset.notCopied;
    }
  });
  update();
})();
