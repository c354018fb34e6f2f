// What candidate pages and the dashboard both need. Loaded before the other scripts, which call
// `touchstone`.
"use strict";

window.touchstone = {
  // Signing in again in another tab changes the token; the cookie has the newest one.
  csrfToken() {
    const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
    return cookie?.slice("csrftoken=".length);
  },

  // The words of a selection inside an answer. The small numbers of the marks can't be selected,
  // but a browser may hand them out all the same.
  wordsOf(selection) {
    const part = selection.getRangeAt(0).cloneContents();
    for (const number of part.querySelectorAll("sup")) number.remove();
    return part.textContent.trim();
  },
};

// Times are shown in the reader's time zone; the server learns it here.
{
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  // biome-ignore lint/suspicious/noDocumentCookie: older browsers have no Cookie Store API.
  document.cookie = `timezone=${timeZone}; path=/; max-age=31536000; samesite=lax`;
}
