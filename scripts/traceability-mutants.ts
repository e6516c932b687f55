/**
 * Which mutants break the code that cites a requirement, and whether a test noticed.
 *
 * Where a requirement is decided, a comment cites it; what that comment is about is found in the syntax tree. A comment over
 * a statement, a member, a property or a case is about that; one behind code on its line, about the innermost of these there;
 * one at the head of a file, about the file. Where that only leaves a branch (`throw`, `return`, `break`, `continue`), it is
 * about the `if` that decides on it. Where StrykerJS finds nothing to change in it, it is judged by the smallest mutant around
 * it, which takes it out whole. Where a requirement is cited twice, once within the other, the inner one counts. An identifier
 * in a string decides nothing.
 */
import ts from "typescript";
import type { Mutant, MutationReport, Place } from "./mutation-report.ts";
import { isDetected, isUndetected } from "./mutation-report.ts";
import { citedInCode } from "./traceability-sources.ts";

/** The mutants of the code that cites a requirement. */
export interface MutantCount {
  readonly killed: number;
  readonly all: number;
  /** They do not change that code, they take it out with what stands around it. */
  readonly around: boolean;
}

/** Offsets into a file's text; the end is the place after the last character. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Comment {
  readonly pos: number;
  readonly end: number;
}

function commentsOf(file: ts.SourceFile): Comment[] {
  const found = new Map<number, Comment>();
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(file);
    if (children.length === 0) {
      const ranges = [
        ...(ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? []),
        ...(ts.getTrailingCommentRanges(file.text, node.getEnd()) ?? []),
      ];
      for (const { pos, end } of ranges) found.set(pos, { pos, end });
    }
    for (const child of children) visit(child);
  };
  visit(file);
  return [...found.values()].toSorted((a, b) => a.pos - b.pos);
}

/** What a comment can be about. */
function isUnit(node: ts.Node): boolean {
  return (
    (ts.isStatement(node) && !ts.isBlock(node)) ||
    ts.isClassElement(node) ||
    ts.isObjectLiteralElement(node) ||
    ts.isCaseOrDefaultClause(node)
  );
}

/** The units that hold a range, trivia before them included, the outermost first. */
function unitsAt(file: ts.SourceFile, { start, end }: Span): ts.Node[] {
  const units: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    if (node.getFullStart() > start || node.getEnd() < end) return;
    if (isUnit(node)) units.push(node);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return units;
}

/** The `if` with its branch, where a unit is no more than the way out of it. */
function deciding(unit: ts.Node, file: ts.SourceFile): Span {
  const leaves =
    ts.isThrowStatement(unit) || ts.isReturnStatement(unit) || ts.isBreakOrContinueStatement(unit);
  const branch = ts.isBlock(unit.parent) ? unit.parent : unit;
  const decision = branch.parent;
  if (!leaves || !ts.isIfStatement(decision)) return { start: unit.getStart(file), end: unit.getEnd() };
  const last = branch === decision.thenStatement ? decision.thenStatement : decision;
  return { start: decision.getStart(file), end: last.getEnd() };
}

function spanOf(file: ts.SourceFile, { pos, end }: Comment): Span {
  const { text } = file;
  const whole = { start: 0, end: text.length };
  const before = text
    .slice(0, pos)
    .trimEnd()
    .replace(/[,;]+$/, "");
  const isBehindCode = text.slice(text.lastIndexOf("\n", pos - 1) + 1, pos).trim() !== "";
  if (isBehindCode) {
    const unit = unitsAt(file, { start: before.length - 1, end: before.length }).at(-1);
    return unit === undefined ? whole : deciding(unit, file);
  }
  const units = unitsAt(file, { start: pos, end });
  const under = units.find((unit) => end <= unit.getStart(file));
  if (under === undefined) {
    const around = units.at(-1);
    return around === undefined ? whole : deciding(around, file);
  }
  const isHead =
    under === file.statements[0] && /^\s*\n\s*\n|^\s*\/\*/.test(text.slice(end, under.getStart(file)));
  return isHead || ts.isImportDeclaration(under) ? whole : deciding(under, file);
}

/** What the comments of a file say of requirements: each identifier with the code that it is about. */
export function citedSpans(path: string, source: string): { readonly id: string; readonly span: Span }[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2022, true);
  const all = commentsOf(file).flatMap((comment) => {
    const ids = citedInCode(source.slice(comment.pos, comment.end));
    if (ids.length === 0) return [];
    const span = spanOf(file, comment);
    return ids.map((id) => ({ id, span }));
  });
  return all.filter(
    (one) =>
      !all.some((other) => other.id === one.id && other.span !== one.span && isWithin(other.span, one.span)),
  );
}

function isWithin(inner: Span, outer: Span): boolean {
  const size = ({ start, end }: Span) => end - start;
  return inner.start >= outer.start && inner.end <= outer.end && size(inner) < size(outer);
}

/** Whether a file says nothing that runs, so that no report names it. */
export function isTypesAlone(path: string, source: string): boolean {
  return ts
    .createSourceFile(path, source, ts.ScriptTarget.ES2022)
    .statements.every(
      (one) =>
        ts.isInterfaceDeclaration(one) ||
        ts.isTypeAliasDeclaration(one) ||
        ts.isImportDeclaration(one) ||
        ts.isExportDeclaration(one),
    );
}

interface Placed extends Span {
  readonly mutant: Mutant;
}

/** The mutants of a file that were judged, by where they are. */
function placed(source: string, mutants: readonly Mutant[]): Placed[] {
  const starts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const offset = ({ line, column }: Place) => (starts[line - 1] ?? 0) + column - 1;
  return mutants
    .filter((mutant) => isDetected(mutant) || isUndetected(mutant))
    .map((mutant) => ({
      mutant,
      start: offset(mutant.location.start),
      end: offset(mutant.location.end),
    }));
}

function smallest(some: readonly Placed[]): Placed[] {
  const size = ({ start, end }: Span) => end - start;
  const least = Math.min(...some.map(size));
  return some.filter((one) => size(one) === least);
}

/** By requirement: the mutants of the code that cites it, as a report has them, by the source that they were made of. */
export function mutantsOfRequirements({ files }: MutationReport): ReadonlyMap<string, MutantCount> {
  const inside = new Map<string, Set<Mutant>>();
  const around = new Map<string, Set<Mutant>>();
  const add = (to: Map<string, Set<Mutant>>, id: string, some: readonly Placed[]) => {
    to.set(id, new Set([...(to.get(id) ?? []), ...some.map(({ mutant }) => mutant)]));
  };
  for (const [path, { source, mutants }] of Object.entries(files)) {
    const all = placed(source, mutants);
    for (const { id, span } of citedSpans(path, source)) {
      add(
        inside,
        id,
        all.filter(({ start, end }) => start >= span.start && end <= span.end),
      );
      add(around, id, smallest(all.filter(({ start, end }) => start <= span.start && end >= span.end)));
    }
  }
  return new Map(
    [...inside].map(([id, own]) => {
      const some = own.size > 0 ? own : (around.get(id) ?? new Set());
      return [id, { killed: [...some].filter(isDetected).length, all: some.size, around: own.size === 0 }];
    }),
  );
}
