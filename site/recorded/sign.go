package recorded

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/weirhq/weir/site"
)

// A signed snapshot is a snapshot and a line behind it, which holds an Ed25519
// signature of every byte before that line (RFC 8032, Ed25519ph with a context of
// its own, so that nothing else that the key signs is taken for a snapshot).

// PublicKey is what a signature is checked with, as people write it: "ed25519:"
// and 32 bytes in base64.
type PublicKey string

const (
	keyPrefix        = "ed25519:"
	signatureContext = "weir snapshot"
	signatureBegin   = `{"signature":`
)

// seal is the last line of a signed snapshot.
type seal struct {
	Signature signature `json:"signature"`
}

type signature struct {
	Key   PublicKey `json:"key"`
	Value []byte    `json:"value"`
}

var signOptions = &ed25519.Options{Hash: crypto.SHA512, Context: signatureContext}

// NewKey makes a signing key out of 32 random bytes.
func NewKey(random io.Reader) (ed25519.PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// EncodeKey writes a signing key as other programs read one: PKCS #8 in PEM.
func EncodeKey(key ed25519.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// DecodeKey reads a signing key. What is wrong with one is said without any of it.
func DecodeKey(text []byte) (ed25519.PrivateKey, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("it is no private key in PEM (weir snapshot key makes one)")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, errors.New("it is no Ed25519 key (weir snapshot key makes one)")
	}
	return key, nil
}

// Public gives the public half of a signing key.
func Public(key ed25519.PrivateKey) PublicKey {
	return PublicKey(keyPrefix + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)))
}

// ParsePublicKey reads a public key.
func ParsePublicKey(text string) (PublicKey, error) {
	k := PublicKey(text)
	if _, err := k.bytes(); err != nil {
		return "", err
	}
	return k, nil
}

func (k PublicKey) bytes() (ed25519.PublicKey, error) {
	text, ok := strings.CutPrefix(string(k), keyPrefix)
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	// One key has one way to be written: line breaks in base64 are not read.
	if !ok || err != nil || len(raw) != ed25519.PublicKeySize || base64.StdEncoding.EncodeToString(raw) != text {
		return nil, fmt.Errorf("%q is no public key (write %s and the key in base64, as weir snapshot key prints it)", string(k), keyPrefix)
	}
	return raw, nil
}

// Write writes a snapshot, signed if there is a key.
func Write(w io.Writer, s site.Snapshot, key ed25519.PrivateKey) error {
	if key == nil {
		return s.Write(w)
	}
	var body bytes.Buffer
	if err := s.Write(&body); err != nil {
		return err
	}
	sum := sha512.Sum512(body.Bytes())
	value, err := key.Sign(nil, sum[:], signOptions)
	if err != nil {
		return err
	}
	line, err := json.Marshal(seal{signature{Public(key), value}})
	if err != nil {
		return err
	}
	body.Write(append(line, '\n'))
	_, err = body.WriteTo(w)
	return err
}

// Read reads a snapshot. Where keys are trusted, one of them must have signed it,
// which is seen before anything of it is read; by says which. Where none is, by is
// empty: that a signature fits its own key vouches for nothing. One that does not
// fit is refused all the same.
func Read(r io.Reader, trust []PublicKey) (s site.Snapshot, by PublicKey, err error) {
	text, err := io.ReadAll(io.LimitReader(r, site.MaxSnapshot+1))
	if err != nil {
		return site.Snapshot{}, "", err
	}
	body, line, signed := split(text)
	if signed {
		if by, err = verify(body, line); err != nil {
			return site.Snapshot{}, "", err
		}
	}
	switch {
	case len(trust) == 0:
		by = ""
	case !signed:
		return site.Snapshot{}, "", errors.New("the snapshot is not signed, and only a signed one is trusted here (write it with weir snapshot --sign)")
	case !slices.Contains(trust, by):
		return site.Snapshot{}, "", fmt.Errorf("the snapshot is signed by %s, whom nobody trusts here (have it signed by a trusted key, or trust this one if it is whose you think)", by)
	}
	s, err = site.ReadSnapshot(bytes.NewReader(body))
	if err != nil {
		return site.Snapshot{}, "", err
	}
	return s, by, nil
}

// split parts a snapshot from the line that signs it.
func split(text []byte) (body, line []byte, signed bool) {
	trimmed := bytes.TrimRight(text, "\n")
	at := bytes.LastIndexByte(trimmed, '\n') + 1
	if !bytes.HasPrefix(trimmed[at:], []byte(signatureBegin)) {
		return text, nil, false
	}
	return text[:at], trimmed[at:], true
}

// verify checks a signature with the key that it names.
func verify(body, line []byte) (PublicKey, error) {
	altered := errors.New("the snapshot was altered after it was signed (get a good copy, or write a new one)")
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	var s seal
	if err := dec.Decode(&s); err != nil {
		return "", altered
	}
	if _, err := dec.Token(); err != io.EOF {
		return "", altered
	}
	key, err := s.Signature.Key.bytes()
	if err != nil {
		return "", altered
	}
	sum := sha512.Sum512(body)
	if ed25519.VerifyWithOptions(key, sum[:], s.Signature.Value, signOptions) != nil {
		return "", altered
	}
	return s.Signature.Key, nil
}
