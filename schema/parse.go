package schema

import (
	"bytes"
	"fmt"

	"github.com/weirhq/weir/internal/diag"
)

// What one file may be made of. Nobody writes such a file by hand; a parser
// that recurses without a bound can be made to overflow its stack, which no
// program survives.
const (
	MaxDepth = 64      // lists, maps, blocks and templates inside each other
	MaxNodes = 200_000 // values in a file
)

// Parse reads each file into a Document: the documents stand in the order of
// the files, one for each, whatever trouble it had. The diagnostics hold
// everything that is wrong inside single files, as much of it at once as can be
// told; what is wrong between files is for [Compile].
//
// The name of a file tells its syntax ([SyntaxOf]); a file with any other name
// is read as YAML.
func Parse(files []File) ([]Document, diag.List) {
	docs := make([]Document, len(files))
	var all diag.List
	for i, f := range files {
		var diags diag.List
		docs[i], diags = parseFile(f)
		all = append(all, diags...)
	}
	return docs, all.Sort()
}

func parseFile(f File) (Document, diag.List) {
	doc := Document{File: f.Path}
	if len(f.Bytes) > MaxFileSize {
		return doc, diag.List{{
			Code: "WR107", Summary: fmt.Sprintf("the file is over %d MiB", MaxFileSize>>20),
			Hint: "split it", Range: diag.Range{File: f.Path},
		}}
	}
	// Windows editors begin a file with a byte order mark. It is no part of
	// the text, and editors do not count it as a column.
	src := newSource(f.Path, bytes.TrimPrefix(f.Bytes, []byte("\ufeff")))
	if diags := src.readable(); diags != nil {
		return doc, diags
	}
	syntax, _ := SyntaxOf(f.Path)
	parse := parseYAML
	if syntax == HCL {
		parse = parseHCL
	}
	d := decoder{syntax: syntax}
	root := parse(src, &d.log)
	if root == nil {
		return doc, d.diags
	}
	if len(root.entries) == 0 && len(d.diags) == 0 {
		d.errorf("WR108", diag.Range{File: f.Path}, "delete it, or write something in it", "the file says nothing")
	}
	decodeKeys(&d, "the file", documentKeys, root, &doc)
	return doc, d.diags
}
