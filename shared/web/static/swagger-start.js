// In a file of its own, because the Content-Security-Policy allows no scripts inside pages.
SwaggerUIBundle({ url: "/api/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
