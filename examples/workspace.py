"""Documents to a classified file in the fewest lines: what `loop.py` and `service.py` do step by step.

    python examples/workspace.py documents/ s3://my-bucket/papers letter.pdf

`documents/` has a sub-folder for each type. As it stands, `connect` leads to AWS_ENDPOINT_URL, set by
`eval "$(burnish env)"`. `connect("server")` finds the server of a data folder, or starts one;
`connect(base_model="amazon.nova-lite-v1:0:300k", region="us-east-1")` leads to AWS, where this costs money.
"""

import sys

import burnish

folder, destination, document = sys.argv[1:]
work = burnish.connect()
try:
    dataset = work.prepare(burnish.read_documents(folder), to=destination)
    tuned = work.deploy(work.tune(dataset, "workspace-example"))
    result = work.evaluate(dataset, {"base": work.base_model, "tuned": tuned}, out="workspace-report")
    print(result.conclusion)
    print("report:", result.report)
    print(work.classify(document, tuned))
finally:
    for deleted in work.clean_up("workspace-example"):
        print("deleted", deleted)
