// Package markup turns the texts of work items into Markdown that can stand in
// a story's file. It knows the languages that trackers keep texts in, and
// nothing of trackers, files or the network: every function is pure.
//
// [Markdown] works in three steps. Characters that nobody sees are taken out of
// the text; a converter of its own for HTML, the Atlassian Document Format and
// Jira's wiki markup writes Markdown, and takes care only that the text means
// what it meant; then one pass over the Markdown makes it harmless, whoever
// wrote it. What holds of every result:
//
//   - its headings are of level 3 to 6, so it stays within its section;
//   - blocks of code are fenced, and closed before the text ends;
//   - outside of code there is no HTML but <br />, no comment, no MDX expression
//     and no MDX import or export, so that a docs site that reads Markdown as
//     MDX still builds;
//   - no line is a rule of hyphens outside of code, and none, in code or not,
//     reads as a line of a story's own: its headings, "**External ID**:",
//     "**AC-US-001-01**";
//   - links and images lead to http, https, mailto or a relative place;
//   - it is UTF-8 with line feeds, without control and invisible characters,
//     and no longer than [Max] bytes.
//
// Markdown of a result is the result.
//
// # Decisions
//
// The pass over the Markdown finds blocks as CommonMark does (containers,
// fences, indented code) but inline code only within a line. Where it and a
// renderer might disagree what is code, it takes the text for text and escapes
// it: a backslash too many in a strange place, instead of an expression that a
// docs site would run.
//
// A text is code only in a fence, because indented code is none in MDX; so
// indented code becomes fenced.
package markup
