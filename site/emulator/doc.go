// Package emulator is a small, truthful Confluence: an [http.Handler] that speaks
// Atlassian's own protocol (Cloud's v1 and v2, the organisation API, user
// management, or Data Center's REST API) and keeps the product's rules about
// people, groups, product roles, spaces, space roles, permissions, content and
// restrictions. It is weir's embedded default site and the test bed of its
// drivers.
//
// In its words a person is an Atlassian account that may be in the site's
// directory; a product role ("atlassian/user") lets people into Confluence; a
// space role is a named set of permissions; an assignment gives a principal
// (a person, a group, an access class) one space role in one space; custom
// access is what a principal without a role may do there. A restriction limits
// who of those may view or edit a page.
//
// The core is a pure state machine: a request and the time give a response and
// the records that changed. There are no goroutines, no clock and no randomness
// in it. A [Store] keeps the records: in memory, or in an SQLite file. [Knobs]
// stand before the core and make the site misbehave.
//
//	em, err := emulator.New(emulator.Options{})          // a fresh site in memory
//	client := &http.Client{Transport: em.Transport()}    // no port is opened
//	cred := em.Credentials()                             // weir's own account there
//	err = em.Admin().AddPerson("ana@acme.example", "Ana Lind", emulator.PersonOptions{})
//	fmt.Println(em.Dump().People)
//
// What it keeps, on which evidence, and what was chosen where Atlassian's
// documents are silent, is the table in docs/emulator.md; what it does not do
// stands there too. It shares no code with weir's drivers, on purpose: two
// readings of one document check each other.
package emulator
