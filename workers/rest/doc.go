// Package rest speaks JSON over HTTP with the API of one host. It knows what
// all vendors' hosts have in common, above all how they say that they have been
// asked enough, and nothing of what they are asked for.
//
// [Client.Get], [Client.Send] and the client that [Client.HTTP] returns send every
// request through one transport, which
//
//   - sends the credential to the API's own origin and refuses every other;
//   - reads the whole answer, up to 64 MiB, before anyone sees a part of it;
//   - waits out what ends within a minute, and returns a [*LimitError] for what
//     takes longer and for what would use up the share of the quota that is
//     left to people;
//   - tries again what may heal by itself: faults of the server, broken and
//     silent connections. What may change something is sent again only if it
//     was refused or did not leave, see [InDoubt];
//   - returns an error for any other answer than a success that is JSON.
//
// # Decisions
//
// What a host asks for is read from the answer by one pure function, for all
// vendors. Their headers differ in name and unit and never contradict each
// other; instead of a type per vendor, which would have to be chosen right for
// servers of one's own behind any name and proxy.
//
// Answers that are errors do not reach a vendor's own client: it gets an error
// of this package from its transport. Instead of letting each client map its
// own: they keep neither Retry-After nor what scope is missing.
package rest
