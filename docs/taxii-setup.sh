#!/bin/sh
# A community of two organisations, a collection that both read and write, and an account with a token and a password in each.
# usage: taxii-setup.sh URL ADMINISTRATOR-TOKEN          (curl reads CURL_CA_BUNDLE for a certificate of one's own)
set -eu
url=$1 token=$2

ask() { # METHOD PATH JSON
	curl --silent --show-error --fail-with-body --request "$1" --header "Authorization: Bearer $token" \
		--header 'Content-Type: application/json' --data "$3" "$url$2"
}
field() { # the value of a member of an answer
	sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

community=$(ask POST /v1/communities '{"name": "exchange-test", "kind": "closed", "purpose": "Trying TAXII", "content": "Indicators",
	"recipients": "Its members"}' | field number)
ask POST /v1/collections '{"community": "exchange-test", "tlp": "GREEN", "title": "Exchange test", "alias": "exchange-test"}' >/dev/null
for name in exchange-a exchange-b; do
	number=$(ask POST /v1/organisations "{\"name\": \"$name\", \"title_en\": \"$name\"}" | field number)
	ask PUT "/v1/communities/$community/members/$number" '{"role": "member"}' >/dev/null
	password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
	account=$(ask POST /v1/accounts "{\"name\": \"$name\", \"role\": \"member\", \"organisation\": $number, \"title\": \"$name\",
		\"mail\": \"$name@example.org\", \"new_password\": \"$password\"}" | field id)
	key=$(ask POST "/v1/accounts/$account/tokens" '{"name": "TAXII"}' | field token)
	echo "$name $password $key"
done
