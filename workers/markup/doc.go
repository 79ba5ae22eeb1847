// Package markup turns the texts of work items into Markdown that can stand in
// a story's file, and such Markdown back into what trackers keep. It knows the
// languages that trackers keep texts in, and nothing of trackers, files or the
// network: every function is pure.
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
// # The way back
//
// [Render] parses Markdown, with GitHub's extensions, into nodes as the Atlassian
// Document Format has them, and writes those in the language. Then it reads what
// it wrote. What holds of every result, with f(m) for what [Markdown] makes of
// the result for m, which is itself a result of Markdown:
//
//   - f(m) is m where m came from the language, as people write it: importing,
//     exporting and importing again changes nothing;
//   - f(m) means what m means: the same blocks, the same characters with the same
//     marks;
//   - f(f(m)) is f(m);
//   - a document holds only what Atlassian says it may, HTML only plain elements,
//     no script, no style and no handler of events, and links of both lead where
//     those of Markdown may;
//   - it is no longer than six times [Max], and Markdown that is longer than
//     128 KB is not converted but kept.
//
// f(m) and m differ only in how Markdown is written: line breaks within a
// paragraph that mean nothing, and in HTML more than one space; which of the
// marks of emphasis, items, rules and line breaks are used; space between items,
// and their numbers but the first; escapes and character references without
// need, and brackets around an address; references to a definition, which become
// links, without the definition; how cells are filled, and columns that are
// aligned to the left; titles of links with more than one space. Marks that touch
// a word or another mark may be read as characters when a text is imported, by
// us as by any reader of Markdown; then they are characters.
//
// Blocks that a language has no form for, or whose form would be read as
// something else, are kept as Markdown: a block of code that begins with a line
// that says so, and from which they are read again. Those are footnotes, alerts
// and definitions that nothing refers to; in ADF images with a title, and all but
// paragraphs, lists and code within quotes and items; in the wiki all but lists
// within items, quotes in quotes, one list right after another, aligned columns,
// images with a title or that are links, relative links and marks within a word.
// Code with other marks, which ADF has no form for, is there text in a colour of
// its own; an image within a line is a link with the title "Image".
//
// What Markdown says in words because it has no form for it, goes back as words:
// mentions, dates, statuses, attachments, colours, expands and layouts. Panels
// and cards of ADF come back.
//
// [Patch] writes to where a text is already. What reads there as it is to read
// stays as it is, block by block, with the words' mentions and pictures, with
// comments, HTML and the height of headings; so that is lost at most in blocks
// that a person has changed. In those the words of mentions, pictures and files that
// the text has, in ADF of dates and statuses, in the wiki of issues, stand for them
// again, where only one has them.
// Tags and comments that a person wrote arrive where the tracker keeps Markdown; to
// take out those that a story does not show is up to the tracker. The result reads
// as that of Render, or it is that.
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
