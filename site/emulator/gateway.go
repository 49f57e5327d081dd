package emulator

import "strings"

// gatewayPrefix is where Atlassian's gateway has every site, by cloud id:
// api.atlassian.com/ex/confluence/{cloudId}/wiki stands for the site's own
// /wiki, and tokens with scopes work there alone (evidence A0; observed).
const gatewayPrefix = "/ex/confluence/"

// behindGateway gives the path on the site itself of a path at the gateway;
// any other path stays. At the gateway there are sites and nothing else: the
// organisation's surfaces are not behind it, and another cloud id is nobody's.
func behindGateway(path, cloudID string) (inside string, found bool) {
	rest, gateway := strings.CutPrefix(path, gatewayPrefix)
	if !gateway {
		return path, true
	}
	id, rest, _ := strings.Cut(rest, "/")
	return "/" + rest, id == cloudID && strings.HasPrefix(rest, "wiki/")
}
