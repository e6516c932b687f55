// Words that only a person reads decide nothing: an Error's message, what `known` says is missing, and a sentence, which is
// a literal of three words or more, or of two that begin with a capital letter. No name of the protocol's looks like that.

const reason = "words for people";

function isErrorMessage({ node, parent }) {
  if (parent?.type === "NewExpression" && parent.callee.name?.endsWith("Error")) {
    return parent.arguments[0] === node;
  }
  return parent?.type === "CallExpression" && parent.callee.name === "known" && parent.arguments[1] === node;
}

function isSentence({ node }) {
  const text =
    node.type === "StringLiteral"
      ? node.value
      : node.type === "TemplateLiteral"
        ? node.quasis.map(({ value }) => value.raw).join("…")
        : "";
  return /^[A-Z]\S* \S|\S +\S+ +\S/.test(text);
}

function isLiteral({ node }) {
  return node.type === "StringLiteral" || node.type === "TemplateLiteral";
}

/** StrykerJS takes its plugins from an export of this name. */
export const strykerPlugins = [
  {
    kind: "Ignore",
    name: "words",
    value: {
      shouldIgnore: (path) =>
        isLiteral(path) && (isErrorMessage(path) || isSentence(path)) ? reason : undefined,
    },
  },
];
