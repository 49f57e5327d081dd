package reconcile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// MaxPlanFile bounds the size of a plan that is read from a file.
const MaxPlanFile = 64 << 20

// ReadPlan reads a serialised plan and refuses one that is not whole: unknown
// keys, another format, changes without a step, or a digest that does not fit.
// The digest guards against damage and mistakes; it is not a signature.
func ReadPlan(b []byte) (*Plan, error) {
	if len(b) > MaxPlanFile {
		return nil, fmt.Errorf("the plan is larger than %d MiB", MaxPlanFile>>20)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var p Plan
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("not a plan of weir's: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("not a plan of weir's: something follows it")
	}
	if p.Format != Format {
		return nil, fmt.Errorf("the plan has format %d, and this weir reads format %d", p.Format, Format)
	}
	if got := p.digest(); got != p.Digest && p.Audience == "" {
		return nil, fmt.Errorf("the plan was altered: its digest is %s, and it says %s", got, p.Digest)
	}
	if sum, err := p.checksum(); err != nil || sum != p.Checksum {
		return nil, errors.New("the plan was altered: its checksum does not fit")
	}
	if _, _, err := p.decode(); err != nil {
		return nil, err
	}
	for _, i := range p.Impacts {
		if len(i.Objects) == 0 || len(i.People) == 0 {
			return nil, errors.New("the plan tells of an impact on nothing or on nobody")
		}
	}
	return &p, nil
}

// decode gives the plan's steps and changes as facts.
func (p *Plan) decode() ([]site.Step, []access.Change, error) {
	index := make(map[string]int, len(p.Steps))
	steps := make([]site.Step, len(p.Steps))
	for i, s := range p.Steps {
		if _, twice := index[s.ID]; twice {
			return nil, nil, fmt.Errorf("the plan has step %s twice", s.ID)
		}
		index[s.ID] = i
		steps[i] = site.Step{ID: s.ID, Finding: s.Finding}
	}
	changes := make([]access.Change, len(p.Changes))
	for i, planned := range p.Changes {
		c, err := parseChange(string(planned.Op) + " " + planned.Fact)
		if err != nil {
			return nil, nil, fmt.Errorf("change %d of the plan: %w", i+1, err)
		}
		c.Was = planned.Was
		at, ok := index[planned.Step]
		if !ok {
			return nil, nil, fmt.Errorf("change %d of the plan (%s) has no step", i+1, c)
		}
		changes[i] = c
		steps[at].Changes = append(steps[at].Changes, c)
	}
	for _, s := range steps {
		if len(s.Changes) == 0 {
			return nil, nil, fmt.Errorf("step %s of the plan has no changes", s.ID)
		}
	}
	return steps, changes, nil
}

// checksum covers the plan as it would be written without one.
func (p *Plan) checksum() (string, error) {
	bare := *p
	bare.Checksum = ""
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(bare); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Write serialises the plan, with its checksum: indented, so that a plan can be
// read and compared as text, and the same bytes for the same plan.
func (p *Plan) Write(w io.Writer) error {
	sum, err := p.checksum()
	if err != nil {
		return err
	}
	written := *p
	written.Checksum = sum
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(written)
}

// Lines gives the changes in the facts format: one "op fact" a line.
func (p *Plan) Lines() string {
	var b strings.Builder
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "%s %s\n", c.Op, c.Fact)
	}
	return b.String()
}
