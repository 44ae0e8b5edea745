// Starts GraphiQL against /graphql of the server it came from. The page asks nothing of any other host, and its
// security policy would not let it. A key typed under Headers is gone with the page: nothing of it is kept.
"use strict";

const NEWS_PAGE = `# The whole news page in one request: the
# newest story, MORE ABOUT its topic, LATEST.
# For another story, in place of "newest":
#   article(by: { slug: "…" }) { headline }
# Ctrl-Enter runs it.
query NewsPage {
  newest: latest(first: 1) {
    nodes {
      headline
      firstPublished
      paragraphs
      moreAbout(first: 5) {
        topic {
          slug
          name
        }
        articles {
          headline
          firstPublished
        }
      }
    }
  }
  latest(first: 5) {
    nodes {
      slug
      headline
      firstPublished
    }
  }
}
`;

async function fetcher(request, options) {
  // An empty header is one not filled in yet, such as the Authorization offered below.
  const typed = Object.entries((options && options.headers) || {}).filter(([, value]) => value !== "");
  const response = await fetch("/graphql", {
    method: "POST",
    credentials: "omit",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json;q=0.9",
      ...Object.fromEntries(typed),
    },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`HTTP ${response.status}, and no JSON: ${text.slice(0, 200)}`);
  }
}

// GraphiQL's history keeps headers, keys and all, even where shouldPersistHeaders is false; this storage does not.
function storageWithoutHeaders(kept) {
  const withoutHeaders = (name, value) => (name === "headers" ? undefined : value);
  return {
    get length() {
      return kept.length;
    },
    clear: () => kept.clear(),
    getItem: (key) => kept.getItem(key),
    removeItem: (key) => kept.removeItem(key),
    setItem: (key, value) => {
      const isHistory = /:(queries|favorites)$/.test(key);
      kept.setItem(key, isHistory ? JSON.stringify(JSON.parse(value), withoutHeaders) : value);
    },
  };
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    storage: storageWithoutHeaders(window.localStorage),
    defaultQuery: NEWS_PAGE,
    defaultHeaders: '{\n  "Authorization": ""\n}',
    defaultEditorToolsVisibility: "headers",
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
);
