// Package schema is weir's language: YAML and HCL files become one positioned
// document, documents become facts, and facts become files again.
//
//	files, err := schema.Load(os.DirFS(dir))   // every .weir.yaml, .weir.yml and .weir.hcl below dir
//	docs, diags := schema.Parse(files)         // one Document a file, from either syntax
//	desc, diags := schema.Compile(docs, lock, now)
//	want, diags := desc.Desired(obs.Known(memory)) // access.Desired: facts, scope, origins
//
// A description is data: nothing in it runs, reads a file, or looks at the
// environment, so that a stranger's pull request can be checked safely.
//
// The package knows no site and no plan, and prints nothing.
package schema
