space "ENG" {
  name = "Engineering"
  roles = {
    admin        = ["group:leads"]
    collaborator = ["group:engineering"]
  }
}
