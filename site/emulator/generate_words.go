package emulator

import "strings"

// The words of which a generated company is made.
var (
	firstNames = words(`Abel Ada Aiko Alba Amir Ana Anders Anouk Arjun Astrid Bea Björn Bo Camila Chen Chloé Cy Daan Dara Diego
		Elif Eli Emeka Esra Fatima Fay Felix Finn Gus Hana Hugo Ines Ingrid Isak Ivo Jamal Jana Jin João Jonas Kai Karim Kemal Kofi Lars
		Leïla Lena Liv Lou Luca Maja Malik Mara Marek Mei Mila Mina Nadia Naoki Nia Nils Noor Oda Olga Omar Otto Paula Pia Priya Quin Rania
		Ravi Rosa Ruth Sana Sara Selma Sofia Sven Tara Tariq Theo Tomás Uma Viktor Vik Wanda Wen Xena Yara Yuki Yuri Zara Zoë Zuri`)
	lastNames = words(`Abe Adeyemi Ahmed Andersen Bakker Barros Becker Berg Bianchi Blanc Brown Castro Chen Costa Dahl Diaz Dubois Eriksen
		Ferrari Fischer Fontaine Fuchs García Gupta Haas Hansen Haddad Horvat Ito Ivanov Jansen Jensen Kaya Keller Khan Kim Klein Kovač Kowalski
		Kumar Larsen Laurent Lee Li Lind Lopez Lund Martin Mensah Meyer Moreau Moretti Müller Mwangi Nakamura Nguyen Nilsson Novak Nowak Okafor
		Okoye Olsen Ono Osman Pappas Park Patel Petrov Popescu Quinn Rao Reyes Ricci Rossi Sato Schmidt Schulz Silva Singh Smith Sørensen Stern
		Suzuki Svensson Tanaka Thomsen Torres Vega Visser Walsh Wang Weber Wolf Wong Yamada Yıldız Young Zhang Zimmer`)
	partnerDomains = words(`northwind-consulting.example brightwater.example studio-k.example auditpartners.example`)
	sisterDomains  = words(`acme-labs.example acme.co.example`)
	groupWords     = words(`leads core backend frontend platform operations support analytics research planning interns contractors readers editors oncall alumni`)
	places         = words(`berlin lagos london madrid oslo pune sydney tokyo emea apac americas`)
	spaceWords     = words(`Handbook Wiki Projects Decisions Runbooks Archive Onboarding Team Roadmap Policies Templates Meetings Knowledge Releases`)
	pageWords      = []string{
		"How we work", "Meeting notes", "Decisions", "Roadmap", "Pay bands", "Budget", "Incidents", "Architecture", "Contacts", "Glossary",
		"Onboarding", "Suppliers", "Retrospectives", "Hiring plan", "Board pack", "Checklists",
	}
)

// departments have a word for names of groups and a name for people.
var departments = []struct{ word, name string }{
	{"engineering", "Engineering"}, {"finance", "Finance"}, {"hr", "Human Resources"}, {"legal", "Legal"}, {"marketing", "Marketing"},
	{"sales", "Sales"}, {"support", "Customer Support"}, {"security", "Security"}, {"product", "Product"}, {"design", "Design"},
	{"data", "Data"}, {"it", "IT"}, {"facilities", "Facilities"}, {"logistics", "Logistics"}, {"quality", "Quality"}, {"research", "Research"},
	{"procurement", "Procurement"}, {"compliance", "Compliance"}, {"communications", "Communications"}, {"manufacturing", "Manufacturing"},
}

// customRoles are what admins make beside the four fixed ones.
var customRoles = []struct {
	name, description string
	permissions       []string
}{
	{"Reader", "Views and nothing else", []string{permView}},
	{"Reviewer", "Views, comments and exports", []string{permView, "create/comment", "export_content/space"}},
	{"Author", "Writes pages, and deletes none", []string{permView, "create/comment", "create/page", "update/page", "create/attachment"}},
	{"Auditor", "Views and exports the whole space", []string{permView, "export/space", "export_content/space"}},
}

func words(text string) []string { return strings.Fields(text) }

// plainLetters spell the names above in the letters of e-mail addresses.
var plainLetters = strings.NewReplacer(
	"á", "a", "ã", "a", "č", "c", "é", "e", "ë", "e", "í", "i", "ï", "i", "ı", "i", "ö", "oe", "ø", "oe", "ü", "ue",
)

// ascii is a name in small letters of the alphabet, dots and digits.
func ascii(name string) string { return plainLetters.Replace(strings.ToLower(name)) }

// alphanumeric drops everything from a key but letters and digits.
func alphanumeric(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return -1
}
