// Package docs carries the pages that weir prints offline: one a diagnostic
// code and one a rule.
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
