// Before the first paint, so that nobody who prefers dark sees a flash of light. A file, because no script runs inline.
(function () {
  var wanted = null;
  try {
    wanted = window.localStorage.getItem('mosaic-color-scheme');
  } catch (error) {
    wanted = null; // storage is switched off: what the system prefers
  }
  var dark = wanted === 'dark' || (wanted !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
