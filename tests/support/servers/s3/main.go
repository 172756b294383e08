// An S3 server for tests: in memory, on one address, and only for requests that are signed with a key that it knows.
//
// Its argument is the address; standard input has bucket and keys as JSON.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"slices"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"
	"github.com/rclone/gofakes3/signature"
)

// By the key's id.
type keys map[string]struct {
	Secret string `json:"secret"`
	// HTTP methods that it may not use.
	Refused []string `json:"refused"`
}

// Its list without a delimiter has all that is below the prefix, also where the request names an empty one, as restic's does.
type backend struct{ *s3mem.Backend }

func (memory backend) ListBucket(
	ctx context.Context, name string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage,
) (*gofakes3.ObjectList, error) {
	if prefix != nil && prefix.Delimiter == "" {
		prefix.HasDelimiter = false
	}
	return memory.Backend.ListBucket(ctx, name, prefix, page)
}

func main() {
	var given struct {
		Bucket string `json:"bucket"`
		Keys   keys   `json:"keys"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		log.Fatalf("standard input is not the JSON of bucket and keys: %v", err)
	}
	memory := backend{s3mem.New()}
	if err := memory.CreateBucket(context.Background(), given.Bucket); err != nil {
		log.Fatalf("bucket %s could not be made: %v", given.Bucket, err)
	}
	secrets := map[string]string{}
	for id, key := range given.Keys {
		secrets[id] = key.Secret
	}
	server := gofakes3.New(memory, gofakes3.WithV4Auth(secrets)).Server()
	log.Fatal(http.ListenAndServe(os.Args[1], limited(given.Keys, server)))
}

// Refuses what a key may not do, as a bucket's policy does; whether its signature is right is for the server to say.
func limited(known keys, server http.Handler) http.Handler {
	refusal := signature.APIError{Code: "AccessDenied", Description: "Access Denied."}
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		signed, fault := signature.ParseSignV4(request.Header.Get("Authorization"))
		if fault == signature.ErrNone && slices.Contains(known[signed.Credential.GetAccessKey()].Refused, request.Method) {
			answer.Header().Set("Content-Type", "application/xml")
			answer.WriteHeader(http.StatusForbidden)
			_, _ = answer.Write(signature.EncodeAPIErrorToResponse(refusal))
			return
		}
		server.ServeHTTP(answer, request)
	})
}
