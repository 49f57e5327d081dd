package schema

// spec is one row of the table of keys: everything about a key but the code
// that reads it. The rows drive both syntaxes, "did you mean", the messages
// that show the right spelling, and the reference in docs/language.md.
type spec struct {
	name     string // in YAML, and in HCL unless block is set
	style    style
	block    string // labelled: the type of the HCL blocks, "group" for groups
	expect   string // what must stand there: "a list of principals"
	doc      string // one sentence for the reference
	yaml     string // an example value in YAML, that fits on a line
	hcl      string // the same in HCL; of a labelled block, with its label
	required bool
	later    bool // part of the language that no code serves yet
}

// style is the form that a key has in HCL. In YAML all look alike.
type style uint8

const (
	attribute style = iota // name = value
	block                  // name { … }
	labelled               // one block for each entry: group "staff" { … }
)

func attr(name, doc, yaml, hcl string) spec {
	return spec{name: name, doc: doc, yaml: yaml, hcl: hcl}
}

// same is a row whose example is spelt alike in both syntaxes.
func same(name, doc, example string) spec { return attr(name, doc, example, example) }

func single(name, doc, yaml, hcl string) spec {
	return spec{name: name, style: block, doc: doc, yaml: yaml, hcl: hcl}
}

func plural(name, singular, doc, yaml, hcl string) spec {
	return spec{name: name, style: labelled, block: singular, doc: doc, yaml: yaml, hcl: hcl}
}

func required(s spec) spec {
	s.required = true
	return s
}

// word returns the key as a syntax writes it.
func (s *spec) word(syntax Syntax) string {
	if syntax == HCL && s.style == labelled {
		return s.block
	}
	return s.name
}

// isWord reports whether text is the key in either syntax.
func (s *spec) isWord(text string) bool {
	return text == s.name || s.style == labelled && text == s.block
}

// spelling shows how the key is written, with its value left out.
func (s *spec) spelling(syntax Syntax) string {
	switch {
	case syntax == YAML && s.style == labelled:
		return s.name + ": {NAME: …}"
	case syntax == YAML:
		return s.name + ": …"
	case s.style == labelled:
		return s.block + ` "NAME" { … }`
	case s.style == block:
		return s.name + " { … }"
	}
	return s.name + " = …"
}

// example writes the key with its example value.
func (s *spec) example(syntax Syntax) string {
	switch {
	case syntax == YAML:
		return s.name + ": " + s.yaml
	case s.style == attribute:
		return s.name + " = " + s.hcl
	}
	return s.word(HCL) + " " + s.hcl
}
