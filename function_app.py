"""Registers the functions. Nothing runs here: one exception at import, and no function would appear at all."""

import azure.functions as func

from functions import (
    http_graph_notifications,
    http_web,
    queue_drain_mailbox,
    queue_drain_mailbox_poison,
    queue_import_directory,
    queue_import_directory_poison,
    queue_renew_subscriptions,
    queue_renew_subscriptions_poison,
    timer_drain_mailboxes,
    timer_renew_subscriptions,
)

app = func.FunctionApp()
app.register_functions(timer_drain_mailboxes.blueprint)
app.register_functions(timer_renew_subscriptions.blueprint)
app.register_functions(queue_drain_mailbox.blueprint)
app.register_functions(queue_drain_mailbox_poison.blueprint)
app.register_functions(queue_renew_subscriptions.blueprint)
app.register_functions(queue_renew_subscriptions_poison.blueprint)
app.register_functions(queue_import_directory.blueprint)
app.register_functions(queue_import_directory_poison.blueprint)
app.register_functions(http_graph_notifications.blueprint)
app.register_functions(http_web.blueprint)
