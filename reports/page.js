(function () {
  const page = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  const settings = JSON.parse(document.getElementById("chart-settings").textContent);
  const sources = Array.from(document.querySelectorAll("script[data-chart]"));
  const views = [];
  let selected = null;
  page.dataset.chartsExpected = "0";
  page.dataset.chartsDrawn = "0";

  function count(name) {
    page.dataset[name] = String(Number(page.dataset[name]) + 1);
  }

  // How old the data are when somebody reads of them: the file itself does not change.
  const age = document.getElementById("age");
  const days = age ? Math.floor((Date.now() - Date.parse(age.dataset.until)) / 86400000) : 0;
  if (days > 1) {
    const [length, unit] = days > 730 ? [365.25, "year"] : days > 60 ? [30.4, "month"] : [1, "day"];
    const words = new Intl.RelativeTimeFormat(page.lang);
    age.textContent = ", " + words.format(-Math.floor(days / length), unit);
  }

  // A chart is as wide as its place; what is folded is drawn when somebody opens it.
  function draw() {
    for (const source of sources) {
      const place = document.getElementById("chart-" + source.dataset.chart);
      if (source.dataset.begun || place.closest("details:not([open])")) continue;
      source.dataset.begun = "yes";
      count("chartsExpected");
      window
        .vegaEmbed(place, JSON.parse(source.textContent), {
          actions: false,
          ast: true,
          config: settings.config,
          formatLocale: settings.formatLocale,
          mode: "vega-lite",
          renderer: "svg",
          tooltip: { theme: dark ? "dark" : "light" },
        })
        .then(function (result) {
          if (result.spec.params) {
            views.push(result.view);
            if (selected !== null) result.view.signal("selected", selected).run();
          }
          count("chartsDrawn");
        })
        .catch(function (problem) {
          place.textContent = settings.failed;
          console.error(problem);
        });
    }
  }

  function select(segment) {
    selected = segment;
    for (const view of views) view.signal("selected", segment).run();
    for (const part of document.querySelectorAll("[data-segment]"))
      part.classList.toggle("selected", part.dataset.segment === String(segment));
    for (const button of document.querySelectorAll("[data-select]"))
      button.setAttribute("aria-pressed", String(button.dataset.select === String(segment)));
  }

  function unfold() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details");
    if (!folded) return;
    folded.open = true;
    folded.scrollIntoView();
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-select]");
    if (!button) return;
    const segment = Number(button.dataset.select);
    select(segment === selected ? null : segment);
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") select(null);
  });
  document.addEventListener("toggle", draw, true);
  window.addEventListener("hashchange", unfold);
  draw();
  unfold();
})();
