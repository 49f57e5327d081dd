package schema

import (
	"bytes"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxTokens bounds what the parser, which holds on to every token and builds
// several values from each, may be made to remember.
const maxTokens = 3 * MaxNodes

// maxDigits bounds the digits of a number: the parser computes with all of
// them.
const maxDigits = 64

// scan looks at the tokens before the parser does, and reports whether the
// parser may run.
//
// HCL's parser calls itself for every bracket, template and operator, and has
// no bound: a long enough run of any of them overflows the stack, which kills
// the program and cannot be recovered from. The lexer is a loop. So depth is
// counted on tokens, and operators, which no description has a use for, never
// reach the parser at all.
func (r *hclReader) scan() bool {
	tokens, diags := hclsyntax.LexConfig(r.src.text, r.src.file, hcl.InitialPos)
	before := len(r.diags)
	if len(tokens) > maxTokens {
		r.errorf("WR107", r.span(tokens[maxTokens].Range), "split it", "more than %d tokens in the file", maxTokens)
		return false
	}
	if t := deepest(tokens); t != nil {
		r.errorf("WR107", r.span(t.Range), "", "nested deeper than %d levels", MaxDepth)
		return false
	}
	for _, d := range diags {
		r.syntaxError(d, nil)
	}
	if len(r.diags) > before {
		return false // what follows a broken token is not what it looks like
	}
	var last hclsyntax.Token // the last one that means something
	for i, t := range tokens {
		next := hclsyntax.TokenEOF
		if i+1 < len(tokens) {
			next = tokens[i+1].Type
		}
		r.checkToken(t, last, next)
		if t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment {
			last = t
		}
	}
	return len(r.diags) == before
}

// deepest returns the token that opens one level too many, if any.
func deepest(tokens hclsyntax.Tokens) *hclsyntax.Token {
	depth := 0
	for i, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote,
			hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			if depth++; depth > MaxDepth {
				return &tokens[i]
			}
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
			hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			// More closing than opening brackets would let the count be
			// driven below what the parser has open.
			depth = max(depth-1, 0)
		}
	}
	return nil
}

// checkToken reports a token that no description has a use for.
func (r *hclReader) checkToken(t, last hclsyntax.Token, next hclsyntax.TokenType) {
	refuse := func(what, hint string) { r.notData(r.span(t.Range), what, hint) }
	switch t.Type {
	case hclsyntax.TokenNumberLit:
		if len(t.Bytes) > maxDigits {
			r.errorf("WR103", r.span(t.Range), "", "a number of more than %d digits", maxDigits)
		}
	case hclsyntax.TokenMinus:
		if next != hclsyntax.TokenNumberLit || !beforeValue(last.Type) {
			refuse("arithmetic", "write the result")
		}
	case hclsyntax.TokenPercent:
		refuse("arithmetic", `write a share in quotes: "10%"`)
	case hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPlus:
		refuse("arithmetic", "write the result")
	case hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq,
		hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq, hclsyntax.TokenAnd, hclsyntax.TokenOr,
		hclsyntax.TokenBang, hclsyntax.TokenQuestion:
		refuse("a condition", "write the result")
	case hclsyntax.TokenOParen:
		if last.Type == hclsyntax.TokenIdent {
			refuse("a function call", "write the result")
		} else {
			refuse("an expression in parentheses", "write the value alone")
		}
	case hclsyntax.TokenOBrack:
		// In a for expression a list follows a word. That one the parser may
		// read: it nests with its brackets, and is refused as a whole.
		if afterValue(last.Type) && string(last.Bytes) != "in" {
			refuse("an index", "write the value out, or a comma before the list")
		}
	case hclsyntax.TokenDot, hclsyntax.TokenDoubleColon:
		refuse("a name with a dot or colon", "write it in quotes")
	case hclsyntax.TokenEllipsis, hclsyntax.TokenFatArrow:
		refuse(fmt.Sprintf("%q", t.Bytes), "write the values out")
	case hclsyntax.TokenTemplateControl:
		refuse("a template directive", "write the text out, and %%{ for a literal %{")
	case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateSeqEnd:
		if bytes.ContainsRune(t.Bytes, '~') {
			refuse("a template that strips its neighbours", "write ${name} without ~")
		}
	}
}

// beforeValue reports whether a value may follow the token, so that a minus
// there is the sign of a number.
func beforeValue(t hclsyntax.TokenType) bool {
	switch t {
	case hclsyntax.TokenEqual, hclsyntax.TokenColon, hclsyntax.TokenComma, hclsyntax.TokenOBrack:
		return true
	}
	return false
}

// afterValue reports whether a value may end with the token, so that a bracket
// there is an index into it.
func afterValue(t hclsyntax.TokenType) bool {
	switch t {
	case hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenCQuote,
		hclsyntax.TokenCBrack, hclsyntax.TokenCBrace, hclsyntax.TokenCParen:
		return true
	}
	return false
}
