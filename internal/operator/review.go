package operator

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"

	"github.com/weirhq/weir/site/rest"
)

// The variables that say where changes are reviewed, and what opens it.
const (
	varReviewAddress = "WEIR_REVIEW_ADDRESS"
	varReviewToken   = "WEIR_REVIEW_TOKEN"
	varReviewFile    = "WEIR_REVIEW_TOKEN_FILE"
)

// ReviewVariables lists them with what each says, for help texts.
var ReviewVariables = [][2]string{
	{varReviewAddress, "base of the host's interface, where CI does not say it (https://api.github.com, https://HOST/api/v3, https://HOST/api/v4, https://api.bitbucket.org/2.0); only WEIR_REVIEW_TOKEN goes there"},
	{varReviewToken, "the token; in CI also GITHUB_TOKEN, GITLAB_TOKEN or BITBUCKET_TOKEN, which go only to the address that CI itself gives"},
	{varReviewFile, "a file that holds the token instead"},
	{"WEIR_REVIEW_USER", "Bitbucket: the e-mail address that an API token belongs to; without it the token is a repository's own"},
	{"WEIR_REVIEW_CA_FILE", "certificates to trust besides the system's"},
	{"WEIR_REVIEW_PROXY", "a proxy to go through; HTTPS_PROXY and its like are not read"},
}

// Review gives the access to a host where changes are reviewed. name is the
// host's, for messages; ci is the address that the CI's own environment gives,
// or empty; ciToken names the variable in which CI by custom has the token. That
// token goes to that address only, whatever else is set.
func Review(name, ci, ciToken string, env Env) (Access, error) {
	bad := func(variable string, err error) (Access, error) {
		return Access{}, fmt.Errorf("%s: %w", variable, err)
	}
	own := env.Getenv(varReviewAddress)
	if own == "" && ci == "" {
		return Access{}, fmt.Errorf("address of %s is missing: CI does not say it here (set %s, and %s for it)", name, varReviewAddress, varReviewToken)
	}
	a := Access{Name: name, From: "the environment", User: env.Getenv("WEIR_REVIEW_USER"), CAFile: env.Getenv("WEIR_REVIEW_CA_FILE")}
	a.Bearer = a.User == ""
	var err error
	if a.Address, err = rest.ParseBase(cmp.Or(own, ci)); err != nil {
		return bad("address of "+name, err)
	}
	if proxy := env.Getenv("WEIR_REVIEW_PROXY"); proxy != "" {
		if a.Proxy, err = url.Parse(proxy); err != nil {
			return bad("WEIR_REVIEW_PROXY", errors.New("it is not the address of a proxy (write it as http://host:port)")) // not repeated: it may hold a password
		}
	}
	file := env.Getenv(varReviewFile)
	switch {
	case file != "" && env.Getenv(varReviewToken) != "":
		return Access{}, fmt.Errorf("%s and %s are both set (unset one)", varReviewToken, varReviewFile)
	case file != "":
		a.token = fromFile{file, a.Address.String()}
	case own != "" || env.Getenv(varReviewToken) != "":
		a.token = fromEnv{env, varReviewToken}
	default:
		a.token = fromEnv{env, ciToken}
	}
	return a, nil
}

// Authorization is what a request is told about who asks.
func (a Access) Authorization(token rest.Secret) rest.Authorization {
	if a.Bearer {
		return rest.Bearer(token)
	}
	return rest.Basic(a.User, token)
}
