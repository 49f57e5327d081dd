user "ana@example.com" {
  name = "Ana Lind"
}

user "bo@example.com" {
  name = "Bo Reyes"
}

user "cem@example.com" {
  name = "Cem Aydin"
}

group "leads" {
  members = ["ana@example.com", "bo@example.com"]
}

group "engineering" {
  members = ["ana@example.com", "bo@example.com", "cem@example.com"]
}
