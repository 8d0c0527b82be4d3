from abnormal.models.backend import start_backend

start_backend()  # before a test module imports Keras
