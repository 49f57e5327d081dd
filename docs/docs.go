// Package docs carries the pages that weir prints offline: one a diagnostic
// code, one a rule, and the schemas of what it writes and reads.
package docs

import "embed"

// Codes holds codes/WRnnn.md, one page for each of diag.Codes.
//
//go:embed codes/*.md
var Codes embed.FS

// Rules holds rules/<name>.md, one page for each policy rule.
//
//go:embed rules/*.md
var Rules embed.FS

// Schemas holds NAME.schema.json: the JSON Schemas of what weir writes. Each is
// generated, and a test holds it current.
//
//go:embed plan.schema.json snapshot.schema.json
var Schemas embed.FS
