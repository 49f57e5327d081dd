package render

// How many hostile names go through every sink, and which.
var HostileNames, HostileSeed = hostileNames, hostileSeed
