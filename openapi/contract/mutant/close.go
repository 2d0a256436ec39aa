package mutant

import (
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
)

// Close makes a document stricter, so that it has something for every fault: it closes the objects, lists the values of
// two members, and adds a number, a required header to every success, and an operation that answers without a body.
func Close(doc *openapi3.T) {
	closed := false
	done := map[*openapi3.Schema]bool{}
	var tighten func(ref *openapi3.SchemaRef)
	tighten = func(ref *openapi3.SchemaRef) {
		if ref == nil || ref.Value == nil || done[ref.Value] {
			return
		}
		s := ref.Value
		done[s] = true
		if len(s.Properties) > 0 {
			s.AdditionalProperties.Has = &closed
		}
		if p := s.Properties["type"]; p != nil {
			p.Value.Enum = []any{"list"}
		}
		if p := s.Properties["token_type"]; p != nil {
			p.Value.Enum = []any{"Bearer", "DPoP"}
		}
		for _, p := range s.Properties {
			tighten(p)
		}
		tighten(s.Items)
	}
	for _, ref := range doc.Components.Schemas {
		tighten(ref)
	}
	number := openapi3.NewFloat64Schema().NewRef()
	number.Value.Format = ""
	doc.Components.Schemas["OAuthApplication"].Value.Properties["popularity"] = number
	for _, item := range doc.Paths.Map() {
		response := item.Get.Responses.Value("200").Value
		response.Headers = openapi3.Headers{"X-Request-Id": {Value: &openapi3.Header{Parameter: openapi3.Parameter{
			Required: true, Schema: openapi3.NewStringSchema().WithFormat("uuid").NewRef(),
		}}}}
	}
	item := doc.Paths.Value("/organizations/{organization}/oauth-applications/{application_id}/tokens/{token_id}")
	item.Delete = &openapi3.Operation{OperationID: "deleteOAuthToken", Responses: openapi3.NewResponses(
		openapi3.WithStatus(http.StatusNoContent, &openapi3.ResponseRef{Value: openapi3.NewResponse().WithDescription("Gone.")}),
	)}
	item.Delete.Responses.Delete("default")
}
