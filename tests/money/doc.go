// Package money judges what the module promises about money and people, from outside: a provider, a database and a sender of
// its own, a receiver wired as the README wires it in a process that is killed again and again, and an account of it all.
//
//	go -C tests test ./money                    # a few hundred notices, a few kills
//	PRONET_HARD=1 go -C tests test -timeout 60m ./money   # 10,000 notices, 50 kills
//
// The provider writes a number into each record that it sells, so that the account knows of each purchase what became of it.
// With p the price of a record:
//
//	credits counted at the provider == p x (records handed over, each once, + records in doubt)
//
// A record is in doubt when its response was lost or was not the provider's, or when the process was killed before it
// could keep what it had bought. Each of them must be told to the function that stores, as an outcome with ErrMaybeApplied.
// A doubt may also be without a purchase: a request that was lost on its way, or that a kill kept from being sent.
package money
